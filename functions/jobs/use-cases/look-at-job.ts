import { JobChanged, UpstreamRefused } from "../domain/errors.ts";
import { TEMPORARY_UNAVAILABLE } from "../domain/failures.ts";
import {
  blamesTheBank,
  decideOnLook,
  decideWithoutLook,
  endsUnanswered,
  waitsUpstream,
} from "../domain/following.ts";
import { holdChange, holdUpstreamChange } from "../domain/holding.ts";
import { isFinished, type Job } from "../domain/job.ts";
import { orWhenUnavailable } from "../domain/or-when-unavailable.ts";
import { mayTurnUp } from "../domain/polling-policy.ts";
import type { Ports } from "../domain/ports.ts";
import { mayBeHeld } from "../domain/queue.ts";
import { failCurrentStep } from "../domain/steps.ts";
import type { JobChange } from "../domain/transitions.ts";
import type { UpstreamJob } from "../domain/upstream-job.ts";
import { findJob } from "./change-job.ts";
import { noteVerdict } from "./note-verdict.ts";

type Deps = Pick<Ports, "clock" | "jobs" | "vault" | "upstream" | "claims" | "refusedLogins" | "policy">;

/** One look at upstream's job, and what it shows written down. */
export async function lookAtJob(deps: Deps, job: Job): Promise<Job> {
  if (job.phase !== "following" || job.upstreamJobId === undefined) return job;
  const seen = await look(deps, job.upstreamJobId);
  try {
    const change = decide(deps, job, seen);
    if (change === undefined) return job;
    await noteVerdict(deps, job, change.changes.steps ?? []);
    await claimConnection(deps, job, change.changes.connectionId);
    return await deps.jobs.record(job, change);
  } catch (error) {
    if (error instanceof JobChanged) return findJob(deps, job.id);
    throw error;
  }
}

type Seen = UpstreamJob | UpstreamRefused | undefined;

function decide(deps: Deps, job: Job, seen: Seen): JobChange | undefined {
  const now = deps.clock.now();
  if (seen === undefined) return decideWithoutLook(job, now);
  if (seen instanceof UpstreamRefused) {
    if (mayTurnUp(followedMs(deps, job))) return undefined;
    return { event: "failed", changes: { steps: failCurrentStep(job.steps, seen.problem) } };
  }
  const attempt = { attempt: job.attempt };
  if (waitsUpstream(job, seen)) {
    return mayBeHeld(job, deps.policy)
      ? holdUpstreamChange(job, job.attempt, deps.clock)
      : { event: "failed", changes: { steps: failCurrentStep(job.steps, TEMPORARY_UNAVAILABLE) } };
  }
  if (blamesTheBank(job, seen) && mayBeHeld(job, deps.policy)) return holdChange(job, attempt, deps.clock);
  const change = decideOnLook(job, seen, now, followLeftMs(deps, job));
  if (change === undefined || !endsUnanswered(job, change)) return change;
  return holdChange(job, { ...attempt, reason: "challenge-not-answered" }, deps.clock);
}

/** A connection that has just been made is the job's as long as that runs: nobody else begins anything on it. */
async function claimConnection(deps: Deps, job: Job, connectionId: string | undefined): Promise<void> {
  if (connectionId === undefined || connectionId === job.connectionId) return;
  const on = { userId: job.userId, connectionId };
  const holderId = await deps.claims.holder(on);
  const holder = holderId === undefined ? undefined : await deps.jobs.find(holderId);
  if (holder === undefined || isFinished(holder)) await deps.claims.take(on, job.id, holderId);
}

/** What is left of the time for following. */
function followLeftMs(deps: Pick<Ports, "clock">, job: Job): number {
  return job.followUntil === undefined ? 0 : deps.clock.msUntil(new Date(job.followUntil));
}

/** For how long the job has been followed. */
export function followedMs(deps: Pick<Ports, "clock" | "policy">, job: Job): number {
  return deps.policy.followLimitMs - followLeftMs(deps, job);
}

/** A look that failed is made up for by the next one. */
async function look(deps: Deps, upstreamJobId: string): Promise<Seen> {
  try {
    return await orWhenUnavailable(deps.upstream.job(upstreamJobId), undefined);
  } catch (error) {
    if (error instanceof UpstreamRefused) return error;
    throw error;
  }
}
