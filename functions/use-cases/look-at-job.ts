import { JobChanged, UpstreamRefused } from "../domain/errors.ts";
import { blamesTheBank, decideOnLook, decideWithoutLook } from "../domain/follow-decision.ts";
import type { Job } from "../domain/job.ts";
import { orWhenUnavailable } from "../domain/or-when-unavailable.ts";
import { mayTurnUp } from "../domain/polling-policy.ts";
import type { Ports } from "../domain/ports.ts";
import { failCurrentStep } from "../domain/steps.ts";
import type { JobChange } from "../domain/transitions.ts";
import type { UpstreamJob } from "../domain/upstream-job.ts";
import { findJob } from "./change-job.ts";
import { holdAttempt } from "./hold-attempt.ts";
import { institutionIsDown } from "./institution-is-down.ts";

type Deps = Pick<Ports, "clock" | "jobs" | "upstream">;

/** One look at upstream's job, and what it shows written down. */
export async function lookAtJob(deps: Deps, job: Job): Promise<Job> {
  if (job.phase !== "following" || job.upstreamJobId === undefined) return job;
  const seen = await look(deps, job.upstreamJobId);
  try {
    if (isJob(seen) && blamesTheBank(job, seen) && (await institutionIsDown(deps, job))) {
      return await holdAttempt(deps, job, job.attempt);
    }
    const change = decide(deps, job, seen);
    return change === undefined ? job : await deps.jobs.record(job, change);
  } catch (error) {
    if (error instanceof JobChanged) return findJob(deps, job.id);
    throw error;
  }
}

type Seen = UpstreamJob | UpstreamRefused | undefined;

function isJob(seen: Seen): seen is UpstreamJob {
  return seen !== undefined && !(seen instanceof UpstreamRefused);
}

function decide(deps: Deps, job: Job, seen: Seen): JobChange | undefined {
  const now = deps.clock.now();
  if (seen === undefined) return decideWithoutLook(job, now);
  if (seen instanceof UpstreamRefused) {
    if (mayTurnUp(followLeftMs(deps, job))) return undefined;
    return { event: "failed", changes: { steps: failCurrentStep(job.steps, seen.problem) } };
  }
  return decideOnLook(job, seen, now, followLeftMs(deps, job));
}

/** What is left of the time for following. */
export function followLeftMs(deps: Pick<Ports, "clock">, job: Job): number {
  return job.followUntil === undefined ? 0 : deps.clock.msUntil(new Date(job.followUntil));
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
