import type { Job } from "../domain/job.ts";
import { countsAsDown } from "../domain/outage.ts";
import type { Ports } from "../domain/ports.ts";
import {
  counted,
  holdChange,
  holdUpstreamChange,
  isDue,
  isParked,
  needsTheUser,
  wokenChange,
} from "../domain/queue.ts";
import type { JobChange } from "../domain/transitions.ts";
import { type EndDeps, writeChange, writeOngoing } from "./end-job.ts";
import { waitsUpstream } from "./poll-upstream-queue.ts";
import { type BankDeps, recordIsDown, waitAfterOutage } from "./wait-for-bank.ts";

export type WakeDeps = EndDeps & BankDeps & { executions: Pick<Ports["executions"], "start"> };

/**
 * Makes the attempt of a parked job whose time has come. Only a login, or an upstream job that goes on, needs an execution. Every other
 * attempt is over with one write, or was counted from the clock. Returns that the sweeper had nothing to repair.
 */
export async function attemptParked(deps: WakeDeps, given: Job): Promise<"nothing"> {
  const job = counted(given, deps.clock);
  if (!isParked(job)) return "nothing";
  const { upstreamJobId, queue } = job;
  if (queue?.isUpstreams && upstreamJobId !== undefined) {
    if (!(await waitsUpstream(deps, upstreamJobId))) return wakeJob(deps, given);
    return hold(deps, job, holdUpstreamChange(job, job.attempt + 1, deps.clock));
  }
  if (await recordIsDown(deps, job)) return waitOn(deps, job);
  if (needsTheUser(job)) return hold(deps, job, forUser(deps, job));
  const isDown = countsAsDown(await deps.outages.find(job.institutionId));
  return isDown ? waitOn(deps, job) : wakeJob(deps, given);
}

/** Lets a job wait for its user, without whom its bank would only send a code to nobody. */
export function forUser({ clock }: Pick<Ports, "clock">, job: Job): JobChange {
  const held = { attempt: attemptAfter({ clock }, job), reason: "ready-for-user" } as const;
  return holdChange(job, held, clock);
}

/** Counts an attempt that the bank did not let begin, and lets the job wait for its bank, or ends it after its last attempt. */
async function waitOn(deps: WakeDeps, job: Job): Promise<"nothing"> {
  if (!isDue(job, deps.clock.msUntil)) return "nothing";
  const isAwaited = job.queue?.waitsFor === "bank";
  const waitsFor = isAwaited ? "bank" : await waitAfterOutage(deps, job, true);
  return hold(deps, job, holdChange(job, { attempt: attemptAfter(deps, job), waitsFor }, deps.clock));
}

async function hold(deps: WakeDeps, job: Job, change: JobChange): Promise<"nothing"> {
  await writeChange(deps, job, change);
  return "nothing";
}

/** Before its time, a job that its bank makes due loses no attempt. */
function attemptAfter({ clock }: Pick<Ports, "clock">, job: Job): number {
  return isDue(job, clock.msUntil) ? job.attempt + 1 : job.attempt;
}

/**
 * Wakes a parked job: starts its next generation, whose execution makes the attempt. Nothing has to be stopped or described,
 * because no execution drives a parked job. If this dies before the start, the sweeper finds that the execution is missing.
 */
export async function wakeJob(
  deps: Pick<WakeDeps, "clock" | "jobs" | "executions">,
  job: Job,
): Promise<"nothing"> {
  await deps.executions.start(await writeOngoing(deps, job, wokenChange(job, deps.clock)));
  return "nothing";
}
