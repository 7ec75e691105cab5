import * as z from "zod";
import { LOOK_EVERY_MS } from "../../../functions/jobs/domain/following.ts";
import type { RecordedCall } from "../../support/aws-recorder.ts";
import { capacityMeter } from "./capacity-meter.ts";
import type { CountedSystem } from "./counted-system.ts";
import type { WatchedInvocation } from "./function-watch.ts";
import { asOnAws } from "./item-on-aws.ts";
import { isLook } from "./paced-bank.ts";
import { functionName, meteredTables } from "./template-facts.ts";
import { type Usage, usageSchema } from "./usage.ts";

/** What one job took, without what jobs share. */
export const jobCountsSchema = z.strictObject({
  transitions: z.number(),
  historyEvents: z.number(),
  /** Of the items that were written. */
  itemBytes: z.strictObject({ smallest: z.number(), largest: z.number() }),
  writes: z.number(),
  usage: z.record(z.string(), usageSchema),
});

export type JobCounts = z.infer<typeof jobCountsSchema>;

/** CloudWatch Logs counts as much for each event beside its text. */
const LOG_EVENT_BYTES = 26;

/** Fetched once by an instance and kept, or a token that serves many jobs: reckoned apart. */
const SHARED_AWS_CALLS = ["GetPublicKey", "GetSecretValue"];
const SHARED_UPSTREAM_CALL = "POST /token";

/** Trades for a token, which jobs share. */
export const TOKENS = "issue-token";

/** What the functions did from their given invocation on. */
export function functionCounts(system: CountedSystem, firstInvocation: number) {
  const unitsOf = capacityMeter(meteredTables(system.template), asOnAws);
  const calls = system.recorder.calls.map((call) => ({
    ...call,
    ...(call.service === "dynamodb" && { capacity: unitsOf(call) }),
  }));
  const invocations = system.watched.slice(firstInvocation).map((invocation, index) => {
    const number = firstInvocation + index + 1;
    const own = calls.filter(
      ({ by, operation }) => by?.number === number && !SHARED_AWS_CALLS.includes(operation),
    );
    return { name: functionName(invocation.entry), own, usage: usageOf(invocation, own) };
  });
  const ofJob = invocations.filter(({ name }) => name !== TOKENS);
  const written = ofJob.flatMap(({ own }) => own.filter(({ operation }) => operation === "PutItem"));
  const sizes = written.flatMap(({ capacity }) => capacity?.itemBytes ?? []);
  const isWrite = ({ capacity }: CallWithCapacity) => (capacity?.writeUnits ?? 0) > 0;
  return {
    invocations: invocations.map(({ name, usage }) => ({ name, usage })),
    itemBytes: { smallest: Math.min(...sizes), largest: Math.max(...sizes) },
    writes: ofJob.flatMap(({ own }) => own.filter(isWrite)).length,
  };
}

type CallWithCapacity = RecordedCall & { capacity?: ReturnType<ReturnType<typeof capacityMeter>> };

function usageOf(invocation: WatchedInvocation, own: readonly CallWithCapacity[]): Usage {
  const upstreamCalls = invocation.upstreamCalls.filter((call) => call !== SHARED_UPSTREAM_CALL);
  const looks = upstreamCalls.filter(isLook).length;
  const count = (...operations: string[]) =>
    own.filter(({ operation }) => operations.includes(operation)).length;
  const units = (name: "readUnits" | "writeUnits") =>
    own.reduce((sum, { capacity }) => sum + (capacity?.[name] ?? 0), 0);
  return {
    calls: 1,
    sleptMs: Math.max(0, looks - 1) * LOOK_EVERY_MS,
    awsCalls: own.length,
    upstreamCalls: upstreamCalls.length,
    readUnits: units("readUnits"),
    writeUnits: units("writeUnits"),
    kmsSymmetric: count("Encrypt", "Decrypt"),
    kmsAsymmetric: count("Sign"),
    secretReads: 0,
    logBytes: invocation.logLines.reduce((sum, line) => sum + logBytes(line), 0),
    measuredMs: invocation.tookMs,
  };
}

/** A duration counts as one of four digits, whatever this machine made of it. */
function logBytes(line: string): number {
  const text = line.replaceAll(/((?:Ms|Duration|Latency)":)[\d.]+/g, "$10000");
  return Buffer.byteLength(text) + LOG_EVENT_BYTES;
}
