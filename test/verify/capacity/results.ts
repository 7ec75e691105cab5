import { readFileSync, writeFileSync } from "node:fs";
import * as z from "zod";
import {
  ALONE,
  KIND,
  KINDS,
  type KindName,
  OVERLOADS,
  type Overload,
  overloadScenario,
  RATES,
  rateScenario,
} from "./scenarios.ts";
import { type Result, simulate } from "./simulate.ts";
import { summaryOf, summarySchema } from "./summary.ts";

const FILE = new URL("./results.json", import.meta.url);

const aloneSchema = z.strictObject({
  jobs: z.number(),
  /** Of one job. */
  seconds: z.number(),
  slotSeconds: z.number(),
  transitions: z.number(),
  invocations: z.number(),
  requests: z.number(),
  writes: z.number(),
  writeUnits: z.number(),
  readUnits: z.number(),
  kms: z.number(),
  tokens: z.record(z.string(), z.number()),
});
export type Alone = z.infer<typeof aloneSchema>;

/** What the simulations gave, by the names of their scenarios. */
const resultsSchema = z.strictObject({
  alone: z.record(z.string(), aloneSchema),
  rates: z.record(z.string(), summarySchema),
  overloads: z.record(z.string(), summarySchema),
});
export type Results = z.infer<typeof resultsSchema>;

export function readResults(): Results {
  return resultsSchema.parse(JSON.parse(readFileSync(FILE, "utf8")));
}

/** Writes each minute on one line, so that a change can be read. */
export function writeResults(results: Results): void {
  const text = JSON.stringify(results, null, 1).replaceAll(/\{[^{}]*\}/g, (inner) =>
    inner.replaceAll(/\n\s*/g, " "),
  );
  writeFileSync(FILE, `${text}\n`);
}

export const rateName = (kind: string, perSecond: number, isLimited: boolean) =>
  `${kind}, ${perSecond} a second${isLimited ? ", limited" : ""}`;

export const overloadName = ({ name, concurrency, isLimited }: Overload) =>
  `${name}, ${concurrency} functions${isLimited ? ", limited" : ""}`;

/** What one job takes when nothing is throttled. The runs of the sweeper are left out. */
function aloneOf({ usage, seconds, requests }: Result): Alone {
  const jobs = seconds.length;
  const per = (total: number) => Math.round((total / jobs) * 100) / 100;
  const { sweep: _ = 0, ...invocations } = usage.invocations;
  return {
    jobs,
    seconds: per(seconds.reduce((sum, each) => sum + each, 0)),
    slotSeconds: per(usage.slotSeconds),
    transitions: per(usage.transitions),
    invocations: per(Object.values(invocations).reduce((sum, each) => sum + each, 0)),
    requests: per(requests),
    writes: per(usage.writes),
    writeUnits: per(usage.writeUnits),
    readUnits: per(usage.readUnits),
    kms: per(usage.kms),
    tokens: Object.fromEntries(Object.entries(usage.tokens).map(([name, taken]) => [name, per(taken)])),
  };
}

export const simulateAlone = async (kind: KindName) => aloneOf(await simulate({ ...KIND[kind], ...ALONE }));
export const simulateOverload = async (one: Overload) => summaryOf(await simulate(overloadScenario(one)));
const simulateRate = async (...[kind, perSecond, isLimited]: Parameters<typeof rateScenario>) =>
  summaryOf(await simulate(rateScenario(kind, perSecond, isLimited)));

/** Every simulation of the page, by its part and name. */
export function allSimulations(): { part: keyof Results; name: string; run(): Promise<unknown> }[] {
  const rates = Object.entries(RATES).flatMap(([kind, each]) =>
    each.flatMap((perSecond) =>
      [false, true].map((isLimited) => ({
        part: "rates" as const,
        name: rateName(kind, perSecond, isLimited),
        run: () => simulateRate(kind as keyof typeof RATES, perSecond, isLimited),
      })),
    ),
  );
  return [
    ...KINDS.map((kind) => ({ part: "alone" as const, name: kind, run: () => simulateAlone(kind) })),
    ...rates,
    ...OVERLOADS.map((one) => ({
      part: "overloads" as const,
      name: overloadName(one),
      run: () => simulateOverload(one),
    })),
  ];
}
