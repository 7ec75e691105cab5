import type { JobCounts } from "./job-counts.ts";
import { dollarsFor, PRICES } from "./prices.ts";
import type { FunctionFacts } from "./template-facts.ts";
import { NO_USAGE, sumOf, type Usage } from "./usage.ts";

export interface Deployment {
  functions: ReadonlyMap<string, FunctionFacts>;
  /** Of one trade for a token. */
  tokenUsage: Usage;
}

/** Dollars for 1,000 jobs, by what they go to. */
export type JobPrice = { readonly [what in PriceLine]: number };

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
type PriceLine = (typeof PRICE_LINES)[number];

const JOBS = 1000;
const { prices, assumptions } = PRICES;

/** How long a function runs is figured from what it does, so that the same counts are the same price. */
export function nominalMs(usage: Usage): number {
  return (
    usage.calls * assumptions.ownMs.value +
    usage.sleptMs +
    usage.awsCalls * assumptions.awsCallMs.value +
    usage.upstreamCalls * assumptions.upstreamCallMs.value
  );
}

export function priceOf(counts: JobCounts, deployment: Deployment, msOf = nominalMs): JobPrice {
  const used = priceOfUsage(counts.usage, deployment.functions, msOf);
  const shared = priceOfUsage(sharedUsage(deployment), deployment.functions, nominalMs);
  const sharedDollars = Object.values(shared).reduce((sum, dollars) => sum + dollars, 0);
  return {
    "Step Functions": JOBS * dollarsFor(counts.transitions, prices.stateTransition),
    ...used,
    "shared by jobs": sharedDollars / assumptions.jobsSharing.value,
  };
}

export function totalOf(price: JobPrice): number {
  return PRICE_LINES.reduce((sum, line) => sum + price[line], 0);
}

/** Dollars for what a function does so often. */
export function priceOfRuns(
  name: string,
  usage: Usage,
  runs: number,
  functions: Deployment["functions"],
): number {
  const perThousand = priceOfUsage({ [name]: usage }, functions, nominalMs);
  return (sum(Object.values(perThousand)) * runs) / JOBS;
}

/** The functions of the API: each of their calls is a request. */
const API_FUNCTIONS = ["issue-token", "create-connection", "get-job", "answer-mfa"];

function priceOfUsage(
  byName: { readonly [name: string]: Usage },
  functions: Deployment["functions"],
  msOf: (usage: Usage) => number,
): Omit<JobPrice, "Step Functions" | "shared by jobs"> {
  const all = sumOf(Object.values(byName));
  const gbSeconds = Object.entries(byName).map(([name, usage]) => {
    const memoryMb = functions.get(name)?.memoryMb;
    if (memoryMb === undefined) throw new Error(`The template has no ${name}.`);
    return (memoryMb / 1024) * (msOf(usage) / 1000);
  });
  const requests = API_FUNCTIONS.reduce((sum, name) => sum + (byName[name]?.calls ?? 0), 0);
  const ofPlatform = all.calls * assumptions.platformLogBytes.value;
  const logBytes = all.logBytes + ofPlatform + requests * assumptions.accessLogBytes.value;
  const keys =
    dollarsFor(all.kmsSymmetric, prices.kmsSymmetric) + dollarsFor(all.kmsAsymmetric, prices.kmsAsymmetric);
  return {
    "Lambda, time": JOBS * dollarsFor(sum(gbSeconds), prices.functionGbSecond),
    "Lambda, requests": JOBS * dollarsFor(all.calls, prices.functionRequest),
    "DynamoDB, writes": JOBS * dollarsFor(all.writeUnits, prices.writeUnit),
    "DynamoDB, reads": JOBS * dollarsFor(all.readUnits, prices.readUnit),
    // The secret's price goes with the keys': it is read as rarely as a public key.
    KMS: JOBS * (keys + dollarsFor(all.secretReads, prices.secretRead)),
    "HTTP API": JOBS * dollarsFor(requests, prices.httpRequest),
    "CloudWatch Logs": JOBS * dollarsFor(logBytes, prices.logByte),
  };
}

/** A token; and what each function's instance fetches once: the public key, or upstream's API key and a token for it. */
function sharedUsage({ functions, tokenUsage }: Deployment): { [name: string]: Usage } {
  const fetched = [...functions].map(([name, { variables }]): [string, Usage] => {
    const verifies = name !== "issue-token" && variables.includes("SIGNING_KEY_ID");
    const key = verifies ? { ...NO_USAGE, awsCalls: 1, kmsAsymmetric: 1 } : NO_USAGE;
    const reaches = variables.includes("UPSTREAM_API_KEY_SECRET");
    const token = reaches ? { ...NO_USAGE, awsCalls: 1, secretReads: 1, upstreamCalls: 1 } : NO_USAGE;
    return [name, sumOf([key, token, ...(name === "issue-token" ? [tokenUsage] : [])])];
  });
  return Object.fromEntries(fetched);
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}
