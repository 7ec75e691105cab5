import * as z from "zod";
import file from "./prices.json" with { type: "json" };
import type { FunctionFacts } from "./system.ts";

/** The dated list of prices that dollars are figured from, without a free tier, and what cannot be counted here. */
export const { region, prices, assumptions, monthly } = file;

interface PriceList {
  region: string;
  prices: { readonly [name in keyof typeof prices]: { dollars: number; per: number } };
}

const HERE: PriceList = { region, prices };
/** A region near the aggregator's banks. Prices that are not listed are the same there. */
export const ELSEWHERE: PriceList = {
  region: file.elsewhere.region,
  prices: { ...prices, ...file.elsewhere.prices },
};

export function dollarsFor(amount: number, { dollars, per }: { dollars: number; per: number }): number {
  return (amount * dollars) / per;
}

const AMOUNTS = [
  "calls",
  /** Pauses between looks, as long as they are at the bank's own pace. */
  "sleptMs",
  "awsCalls",
  "upstreamCalls",
  "readUnits",
  "writeUnits",
  "kmsSymmetric",
  "kmsAsymmetric",
  "secretReads",
  /** Of what it logs itself. */
  "logBytes",
  /** By the machine's clock. */
  "measuredMs",
] as const;

/** What a function uses that somebody charges for, over all its calls in one job. */
export const usageSchema = z.record(z.enum(AMOUNTS), z.number());

export type Usage = z.infer<typeof usageSchema>;

export const NO_USAGE = usageOf(() => 0);

function usageOf(amountOf: (name: keyof Usage) => number): Usage {
  return usageSchema.parse(Object.fromEntries(AMOUNTS.map((name) => [name, amountOf(name)])));
}

export function sumOf(usages: Iterable<Usage>): Usage {
  const all = [...usages];
  return usageOf((name) => sum(all.map((usage) => usage[name])));
}

export function times(usage: Usage, factor: number): Usage {
  return usageOf((name) => usage[name] * factor);
}

export function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}

export interface Deployment {
  functions: { readonly [name: string]: FunctionFacts };
  /** Of one trade for a token. */
  tokenUsage: Usage;
}

export const PRICE_LINES = [
  "Step Functions",
  "Lambda, time",
  "Lambda, requests",
  "DynamoDB, writes",
  "DynamoDB, reads",
  "KMS",
  "HTTP API",
  "CloudWatch Logs",
  "shared by jobs",
] as const;

/** Dollars for 1,000 jobs, by what they go to. */
export type JobPrice = { readonly [what in (typeof PRICE_LINES)[number]]: number };

const JOBS = 1000;

/** How long a function runs is figured from what it does, so that the same counts are the same price. */
export function nominalMs(usage: Usage): number {
  return (
    usage.calls * assumptions.ownMs.value +
    usage.sleptMs +
    usage.awsCalls * assumptions.awsCallMs.value +
    usage.upstreamCalls * assumptions.upstreamCallMs.value
  );
}

type UsageByName = { readonly [name: string]: Usage };

export function priceOf(
  counts: { transitions: number; usage: UsageByName },
  deployment: Deployment,
  { msOf = nominalMs, list = HERE } = {},
): JobPrice {
  const { functions } = deployment;
  const shared = priceOfUsage(sharedUsage(deployment, Object.keys(counts.usage)), functions, nominalMs, list);
  return {
    "Step Functions": JOBS * dollarsFor(counts.transitions, list.prices.stateTransition),
    ...priceOfUsage(counts.usage, functions, msOf, list),
    "shared by jobs": sum(Object.values(shared)) / assumptions.jobsSharing.value,
  };
}

export function totalOf(price: JobPrice): number {
  return sum(PRICE_LINES.map((line) => price[line]));
}

/** Dollars for what a function does so often. */
export function priceOfRuns(
  name: string,
  usage: Usage,
  runs: number,
  functions: Deployment["functions"],
): number {
  return (sum(Object.values(priceOfUsage({ [name]: usage }, functions, nominalMs))) * runs) / JOBS;
}

/** The functions of the API: each of their calls is a request. */
const API_FUNCTIONS = [
  "issue-token",
  "create-connection",
  "get-job",
  "job-changes",
  "answer-mfa",
  "pass-through",
  "auth-links",
  "open-link",
  "consent-return",
];

function priceOfUsage(
  byName: UsageByName,
  functions: Deployment["functions"],
  msOf: (usage: Usage) => number,
  { prices: priced } = HERE,
): Omit<JobPrice, "Step Functions" | "shared by jobs"> {
  const all = sumOf(Object.values(byName));
  const gbSeconds = Object.entries(byName).map(([name, usage]) => {
    const memoryMb = functions[name]?.memoryMb;
    if (memoryMb === undefined) throw new Error(`The template has no ${name}.`);
    return (memoryMb / 1024) * (msOf(usage) / 1000);
  });
  const requests = sum(API_FUNCTIONS.map((name) => byName[name]?.calls ?? 0));
  const ofPlatform = all.calls * assumptions.platformLogBytes.value;
  const logBytes = all.logBytes + ofPlatform + requests * assumptions.accessLogBytes.value;
  const keys =
    dollarsFor(all.kmsSymmetric, priced.kmsSymmetric) + dollarsFor(all.kmsAsymmetric, priced.kmsAsymmetric);
  return {
    "Lambda, time": JOBS * dollarsFor(sum(gbSeconds), priced.functionGbSecond),
    "Lambda, requests": JOBS * dollarsFor(all.calls, priced.functionRequest),
    "DynamoDB, writes": JOBS * dollarsFor(all.writeUnits, priced.writeUnit),
    "DynamoDB, reads": JOBS * dollarsFor(all.readUnits, priced.readUnit),
    // The secret's price goes with the keys': it is read as rarely as a public key.
    KMS: JOBS * (keys + dollarsFor(all.secretReads, priced.secretRead)),
    "HTTP API": JOBS * dollarsFor(requests, priced.httpRequest),
    "CloudWatch Logs": JOBS * dollarsFor(logBytes, priced.logByte),
  };
}

/** A token; and what the instance of each function of a job fetches once: the public key, or the aggregator's API key and a token for it. */
function sharedUsage({ functions, tokenUsage }: Deployment, ofTheJob: readonly string[]): UsageByName {
  const used = Object.entries(functions).filter(
    ([name]) => name === "issue-token" || ofTheJob.includes(name),
  );
  const fetched = used.map(([name, { variables }]): [string, Usage] => {
    const verifies = name !== "issue-token" && variables.includes("SIGNING_KEY_ID");
    const key = verifies ? { ...NO_USAGE, awsCalls: 1, kmsAsymmetric: 1 } : NO_USAGE;
    const reaches = variables.includes("UPSTREAM_API_KEY_SECRET");
    const token = reaches ? { ...NO_USAGE, awsCalls: 1, secretReads: 1, upstreamCalls: 1 } : NO_USAGE;
    return [name, sumOf([key, token, ...(name === "issue-token" ? [tokenUsage] : [])])];
  });
  return Object.fromEntries(fetched);
}
