import { setTimeout as sleep } from "node:timers/promises";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import * as z from "zod";
import { POLL_EVERY_MS } from "../../../functions/jobs/domain/following.ts";
import { POLL_MS } from "../../../functions/jobs/domain/waiting.ts";
import { resourcesOf } from "../../../infra/local/template/template.ts";
import { MobileBackend } from "../../journeys/mobile-backend.ts";
import type { Target } from "../../journeys/target.ts";
import { allRows } from "../../support/local-aws.ts";
import type { RecordedCall } from "../support/aws-recorder.ts";
import { executionOf } from "../support/execution-of.ts";
import { transitionsOf } from "../walks/definition.ts";
import { type Capacity, capacityMeter, type Item } from "./capacity-meter.ts";
import { type JobKind, KIND_NAMES } from "./job-kinds.ts";
import { assumptions, sum, sumOf, times, type Usage, usageSchema } from "./prices.ts";
import { type CountedSystem, functionFacts, functionName, isLook, type WatchedInvocation } from "./system.ts";

/** What one job took, without what jobs share. */
const jobCountsSchema = z.strictObject({
  transitions: z.number(),
  historyEvents: z.number(),
  /** Of the items that were written. */
  itemBytes: z.strictObject({ smallest: z.number(), largest: z.number() }),
  /** Of its own rows. */
  writes: z.number(),
  /** Of the rows in which the health of its bank is. Jobs whose attempts end together share them. */
  writesOfBank: z.number(),
  usage: z.record(z.string(), usageSchema),
});

export type JobCounts = z.infer<typeof jobCountsSchema>;

/** What a system took for a job of each kind, and what of its template decides the price of that. */
export const countedSchema = z.strictObject({
  kinds: z.partialRecord(z.enum(KIND_NAMES), jobCountsSchema),
  /** Of the function that trades for a token: shared by jobs. */
  tokenUsage: usageSchema,
  /** Of a reading that passes to the aggregator. */
  passUsage: usageSchema,
  /** Of the sweeper, once these jobs are over. */
  sweepUsage: usageSchema,
  /** Of the function that looks at the banks for which jobs wait, without such a bank. */
  lookUsage: usageSchema,
  /** Of the function that sends webhooks in the run of a minute, without a webhook. */
  deliverySweepUsage: usageSchema,
  functions: z.record(z.string(), z.strictObject({ memoryMb: z.number(), variables: z.array(z.string()) })),
  resources: z.strictObject({ keys: z.number(), alarmMetrics: z.number(), dashboards: z.number() }),
});

export type Counted = z.infer<typeof countedSchema>;

/** Counts a job of each of the kinds, one after the other. Nothing else may run meanwhile. */
export async function countKinds(system: CountedSystem, kinds: readonly JobKind[]): Promise<Counted> {
  const { template } = system;
  const counted = [];
  for (const kind of kinds) counted.push([kind.name, await countJob(system, kind)] as const);
  const [first] = counted;
  const passUsage = await countPass(system);
  const firstOfSweep = system.watched.length;
  await system.sweep();
  const firstOfLooks = system.watched.length;
  await system.lookAtBanks();
  const firstOfDeliveries = system.watched.length;
  await system.sweepDeliveries();
  return countedSchema.parse({
    kinds: Object.fromEntries(counted.map(([name, { counts }]) => [name, counts])),
    tokenUsage: first?.[1].tokenUsage,
    passUsage,
    sweepUsage: usageBetween(system, firstOfSweep, firstOfLooks),
    lookUsage: usageBetween(system, firstOfLooks, firstOfDeliveries),
    deliverySweepUsage: usageBetween(system, firstOfDeliveries, system.watched.length),
    functions: Object.fromEntries(functionFacts(template)),
    resources: {
      keys: resourcesOf(template, "AWS::KMS::Key").length,
      alarmMetrics: sum(resourcesOf(template, "AWS::CloudWatch::Alarm").map(([, alarm]) => metricsOf(alarm))),
      dashboards: resourcesOf(template, "AWS::CloudWatch::Dashboard").length,
    },
  });
}

function usageBetween(system: CountedSystem, first: number, end: number): Usage {
  const { invocations } = functionCounts(system, first);
  return sumOf(invocations.slice(0, end - first).map(({ usage }) => usage));
}

/** The function's instance has its keys and tokens already: they are shared. */
async function countPass(system: CountedSystem): Promise<Usage> {
  const backend = new MobileBackend(system.target);
  const first = system.watched.length;
  const { status } = await backend.call("GET", "/institutions");
  if (status !== 200) throw new Error(`The institutions gave ${status}.`);
  const passed = functionCounts(system, first).invocations.filter(({ name }) => name === PASSING);
  return sumOf(passed.map(({ usage }) => usage));
}

const alarmProperties = z.object({
  Metrics: z.array(z.object({ MetricStat: z.unknown().optional() })).optional(),
});

/** What an alarm is charged by: each metric that it looks at, several in one that calculates. */
export function metricsOf({ Properties }: { Properties: unknown }): number {
  const { Metrics } = alarmProperties.parse(Properties);
  return Metrics?.filter(({ MetricStat }) => MetricStat !== undefined).length ?? 1;
}

/** Trades for a token, which jobs share. */
const TOKENS = "issue-token";
const READING = "get-job";
const PASSING = "pass-through";
const DOWN = { status: "major-outage", outage: "refuse" };

async function countJob(system: CountedSystem, kind: JobKind) {
  const firstInvocation = system.watched.length;
  const ledgerBefore = (await upstreamLedger(system.target)).length;
  const backend = new MobileBackend(system.target);
  if (kind.isDown) await backend.institution(kind.institutionId, DOWN);
  const jobId = await backend.startJob(kind.institutionId, kind.login);
  if (kind.answers !== undefined) {
    await backend.untilAsked(jobId);
    await backend.answer(jobId, kind.answers);
  }
  const { status, history } = await executionOf(system.local, jobId).ended();
  if (status !== "Succeeded") throw new Error(`The execution ended as ${status}.`);
  if (kind.isDown) await system.waitOut(jobId);
  // Under a token of its own: an hour is long over when a job was queued.
  await new MobileBackend(system.target, backend.userId).untilOver(jobId);
  await eventsStored(jobId);
  // The sandbox is the witness of what was asked of it.
  const received = (await upstreamLedger(system.target)).slice(ledgerBefore);
  const sent = system.watched.slice(firstInvocation).flatMap(({ upstreamCalls }) => upstreamCalls);
  if (received.map(({ method, path }) => `${method} ${path}`).join() !== sent.join()) {
    throw new Error("The sandbox's ledger says otherwise.");
  }

  const { invocations, ...counted } = functionCounts(system, firstInvocation);
  const byName = Map.groupBy(invocations, ({ name }) => name);
  const usage = new Map([...byName].map(([name, calls]) => [name, sumOf(calls.map((call) => call.usage))]));
  const tokenUsage = byName.get(TOKENS)?.at(-1)?.usage;
  const reading = byName.get(READING)?.at(-1);
  if (tokenUsage === undefined || reading === undefined)
    throw new Error("A client needs a token, and reads.");
  usage.delete(TOKENS);
  usage.set(READING, times(reading.usage, kind.clientReads));
  const counts: JobCounts = {
    transitions: transitionsOf(history),
    historyEvents: history.length,
    ...counted,
    usage: Object.fromEntries(usage),
  };
  return { counts, tokenUsage };
}

const POLL_FOR_EVENTS_MS = 50;
const MAX_POLLS_FOR_EVENTS = 400;
const countedRow = z.object({ eventCount: z.number().default(0) });

/** Waits until the events of a job that is over are all stored, and returns how many they are. */
export async function eventsStored(jobId: string): Promise<number> {
  for (let polls = 0; polls < MAX_POLLS_FOR_EVENTS; polls++) {
    const rows = (await allRows()).flatMap((table) => table.rows).map((row) => unmarshall(row));
    const { eventCount } = countedRow.parse(rows.find(({ pk }) => pk === `job#${jobId}`) ?? {});
    const stored = rows.filter(({ pk, job }) => /^event#/.test(pk) && job?.id === jobId).length;
    if (stored >= eventCount) return stored;
    await sleep(POLL_FOR_EVENTS_MS);
  }
  throw new Error("The job's events were not stored.");
}

const ledgerReply = z.object({
  calls: z.array(
    z.object({ at: z.iso.datetime(), method: z.string(), path: z.string(), userId: z.string().nullable() }),
  ),
});

/** Every call that the sandbox received, in their order. */
export async function upstreamLedger({ sandboxUrl }: Target) {
  const response = await fetch(`${sandboxUrl}/_control/ledger`);
  return ledgerReply.parse(await response.json()).calls;
}

/** CloudWatch Logs counts as much for each event beside its text. */
const LOG_EVENT_BYTES = 26;

/** Fetched once by an instance and kept, or a token that serves many jobs: reckoned apart. */
const bankRow = z.object({ Item: z.object({ pk: z.object({ S: z.string().startsWith("outage#") }) }) });

/** The row of a bank is written once a minute at most, however many jobs begin to wait for the bank. */
function isOfBank({ operation, request }: RecordedCall): boolean {
  return operation === "PutItem" && bankRow.safeParse(request).success;
}

const keyOfRow = z.object({ pk: z.object({ S: z.string() }) });

function isOfHealth({ request }: RecordedCall): boolean {
  const key = keyOfRow.safeParse(request["Item"] ?? request["Key"]).data?.pk.S ?? "";
  return key.startsWith("institution");
}

const SHARED_AWS_CALLS = ["GetPublicKey", "GetSecretValue"];
const SHARED_UPSTREAM_CALL = "POST /token";

type MeteredCall = RecordedCall & { capacity?: Capacity };

/** What the functions did from their given invocation on. */
export function functionCounts(system: CountedSystem, firstInvocation: number) {
  const unitsOf = capacityMeter(system.local.deployed.tables, asOnAws);
  const calls = system.recorder.calls.map((call): MeteredCall => {
    const isCounted = call.service === "dynamodb" && call.by !== undefined;
    return isCounted ? { ...call, capacity: unitsOf(call) } : call;
  });
  const invocations = system.watched.slice(firstInvocation).map((invocation, index) => {
    const number = firstInvocation + index + 1;
    const own = calls.filter(
      (call) => call.by?.number === number && !SHARED_AWS_CALLS.includes(call.operation) && !isOfBank(call),
    );
    return { name: functionName(invocation.entry), own, usage: usageOf(invocation, own) };
  });
  const ofJob = invocations.filter(({ name }) => name !== TOKENS).flatMap(({ own }) => own);
  const written = ofJob.filter(({ capacity }) => (capacity?.writeUnits ?? 0) > 0);
  const puts = ofJob.filter(({ operation }) => operation === "PutItem");
  const sizes = puts.flatMap(({ capacity }) => capacity?.itemBytes ?? []);
  return {
    invocations: invocations.map(({ name, usage }) => ({ name, usage })),
    itemBytes: { smallest: Math.min(...sizes), largest: Math.max(...sizes) },
    writes: written.filter((call) => !isOfHealth(call)).length,
    writesOfBank: written.filter(isOfHealth).length,
  };
}

const { taskTokenBytes, sealBytes } = assumptions;

/** Base64 of a token of AWS as KMS of AWS seals it: local mode's are a tenth of it. */
const SEALED_TASK_TOKEN = { S: "x".repeat(Math.ceil((taskTokenBytes.value + sealBytes.value) / 3) * 4) };

/** An item as large as it is on AWS. */
function asOnAws(item: Item): Item {
  return item["sealedTaskToken"] === undefined ? item : { ...item, sealedTaskToken: SEALED_TASK_TOKEN };
}

/**
 * The reply to an answer waits for the bank, which decides after 2 s, and reads the row meanwhile. How often it reads depends on
 * the speed of this machine, so that as many reads are counted as take 2.5 s.
 */
const ANSWER_WAIT_MS = 2_500;
const READS_OF_A_WAIT = ANSWER_WAIT_MS / POLL_MS;

/** A request that waits for a change reads the job once before its first pause, and again after each of them. */
function waitedForChange(entry: string, own: readonly MeteredCall[]): number {
  const reads = own.filter(({ operation }) => operation === "GetItem").length;
  return functionName(entry) === "job-changes" ? Math.max(0, reads - 1) * POLL_MS : 0;
}

/** The calls of an invocation, with as many reads while it waited for the bank as are nominal; and how long it waited. */
function withNominalWait(own: readonly MeteredCall[]): { own: readonly MeteredCall[]; waitedMs: number } {
  const woken = own.findIndex(({ operation }) => operation === "SendTaskSuccess");
  const isRead = ({ operation }: MeteredCall, place: number) => place > woken && operation === "GetItem";
  const read = own.find(isRead);
  if (woken < 0 || read === undefined) return { own, waitedMs: 0 };
  const others = own.filter((call, place) => !isRead(call, place));
  const reads = Array.from({ length: READS_OF_A_WAIT }, () => read);
  return { own: [...others, ...reads], waitedMs: ANSWER_WAIT_MS };
}

function usageOf(invocation: WatchedInvocation, made: readonly MeteredCall[]): Usage {
  const { own, waitedMs } = withNominalWait(made);
  const upstreamCalls = invocation.upstreamCalls.filter((call) => call !== SHARED_UPSTREAM_CALL);
  const looks = upstreamCalls.filter(isLook).length;
  const count = (...operations: string[]) =>
    own.filter(({ operation }) => operations.includes(operation)).length;
  return {
    calls: 1,
    sleptMs: Math.max(0, looks - 1) * POLL_EVERY_MS + waitedMs + waitedForChange(invocation.entry, own),
    awsCalls: own.length,
    upstreamCalls: upstreamCalls.length,
    readUnits: sum(own.map(({ capacity }) => capacity?.readUnits ?? 0)),
    writeUnits: sum(own.map(({ capacity }) => capacity?.writeUnits ?? 0)),
    kmsSymmetric: count("Encrypt", "Decrypt"),
    kmsAsymmetric: count("Sign"),
    secretReads: 0,
    logBytes: sum(invocation.logLines.map(logBytes)),
    measuredMs: invocation.tookMs,
  };
}

/** A duration counts as one of four digits, whatever this machine made of it. */
function logBytes(line: string): number {
  const text = line.replaceAll(/((?:Ms|Duration|Latency)":)[\d.]+/g, "$10000");
  return Buffer.byteLength(text) + LOG_EVENT_BYTES;
}
