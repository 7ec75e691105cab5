import { readFileSync } from "node:fs";
import * as z from "zod";

const origin = { unit: z.string(), taken: z.iso.date(), source: z.string() };
const price = z.strictObject({ dollars: z.number(), per: z.number(), ...origin });
const monthlyPrice = z.strictObject({ dollars: z.number(), ...origin });
const assumption = z.strictObject({ value: z.number(), reason: z.string() });

const priceFile = z.strictObject({
  region: z.string(),
  /** List prices, without a free tier. */
  prices: z.strictObject({
    stateTransition: price,
    functionGbSecond: price,
    functionRequest: price,
    writeUnit: price,
    readUnit: price,
    kmsSymmetric: price,
    kmsAsymmetric: price,
    secretRead: price,
    httpRequest: price,
    logByte: price,
  }),
  /** What cannot be counted here, and stands for what AWS and an aggregator add. */
  assumptions: z.strictObject({
    ownMs: assumption,
    awsCallMs: assumption,
    upstreamCallMs: assumption,
    jobsSharing: assumption,
    platformLogBytes: assumption,
    accessLogBytes: assumption,
    taskTokenBytes: assumption,
    sealBytes: assumption,
  }),
  /** What a deployment costs without a single job. */
  monthly: z.strictObject({
    kmsKey: monthlyPrice,
    secret: monthlyPrice,
    alarmMetric: monthlyPrice,
    dashboard: monthlyPrice,
    customMetric: monthlyPrice,
  }),
});

export type Price = z.infer<typeof price>;

/** The dated list of prices that dollars are figured from. */
export const PRICES = priceFile.parse(
  JSON.parse(readFileSync(new URL("./prices.json", import.meta.url), "utf8")),
);

export function dollarsFor(amount: number, { dollars, per }: Price): number {
  return (amount * dollars) / per;
}
