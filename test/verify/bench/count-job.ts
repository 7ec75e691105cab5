import { setTimeout as sleep } from "node:timers/promises";
import { executionName } from "../../../functions/jobs/store/executions.ts";
import { MobileBackend } from "../../journeys/mobile-backend.ts";
import { executionArn } from "../../support/aws-recorder.ts";
import { transitionsOf } from "../../workflow/definition.ts";
import type { CountedSystem } from "./counted-system.ts";
import { functionCounts, type JobCounts, TOKENS } from "./job-counts.ts";
import type { JobKind } from "./job-kinds.ts";
import { upstreamLedger } from "./upstream-ledger.ts";
import { sumOf, times, type Usage } from "./usage.ts";

export interface CountedJob {
  counts: JobCounts;
  /** Of the function that trades for a token: shared by jobs. */
  tokenUsage: Usage;
}

const READING = "get-job";
const DOWN = { status: "major-outage", outage: "refuse" };

/** Runs a job of a kind and counts all that it took. Nothing else may run meanwhile. */
export async function countJob(system: CountedSystem, kind: JobKind): Promise<CountedJob> {
  const firstInvocation = system.watched.length;
  const ledgerBefore = (await upstreamLedger(system.target)).length;
  const backend = new MobileBackend(system.target);
  if (kind.isDown) await backend.institution(kind.institutionId, DOWN);
  const jobId = await backend.startJob(kind.institutionId, kind.login);
  if (kind.answers !== undefined) {
    await backend.untilAsked(jobId);
    await backend.answer(jobId, kind.answers);
  }
  const history = await endedHistory(system, jobId);
  // Under a token of its own: an hour is long over when a job was queued.
  await new MobileBackend(system.target, backend.userId).untilOver(jobId);
  await compareWithLedger(system, firstInvocation, ledgerBefore);

  const { invocations, ...counted } = functionCounts(system, firstInvocation);
  const byName = Map.groupBy(invocations, ({ name }) => name);
  const usage = new Map([...byName].map(([name, calls]) => [name, sumOf(calls.map((call) => call.usage))]));
  const tokenUsage = byName.get(TOKENS)?.at(-1)?.usage;
  const reading = byName.get(READING)?.at(-1);
  if (tokenUsage === undefined || reading === undefined)
    throw new Error("A client needs a token, and reads.");
  usage.delete(TOKENS);
  usage.set(READING, times(reading.usage, kind.clientReads));
  const counts = {
    transitions: transitionsOf(history),
    historyEvents: history.length,
    ...counted,
    usage: Object.fromEntries(usage),
  };
  return { counts, tokenUsage };
}

/** What a run of the sweeper takes. */
export async function countSweep(system: CountedSystem): Promise<Usage> {
  const firstInvocation = system.watched.length;
  await system.sweep();
  return sumOf(functionCounts(system, firstInvocation).invocations.map(({ usage }) => usage));
}

const LOOK_EVERY_MS = 20;
const MAX_LOOKS = 1_500;

async function endedHistory({ local }: CountedSystem, jobId: string) {
  const [machine] = local.deployed.stateMachines;
  const arn = executionArn(machine?.arn, executionName({ id: jobId }));
  for (let looks = 0; looks < MAX_LOOKS; looks++) {
    const history = local.stepFunctions.history(arn);
    if (history.at(-1)?.type === "ExecutionSucceeded") return history;
    await sleep(LOOK_EVERY_MS);
  }
  throw new Error("The execution does not end.");
}

/** The sandbox is the witness of what was asked of it. */
async function compareWithLedger(system: CountedSystem, firstInvocation: number, ledgerBefore: number) {
  const received = (await upstreamLedger(system.target)).slice(ledgerBefore);
  const sent = system.watched.slice(firstInvocation).flatMap(({ upstreamCalls }) => upstreamCalls);
  if (received.map(({ method, path }) => `${method} ${path}`).join() !== sent.join()) {
    throw new Error("The sandbox's ledger says otherwise.");
  }
}
