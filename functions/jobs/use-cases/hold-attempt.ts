import { type Held, holdChange, holdUpstreamChange } from "../domain/holding.ts";
import { isFinished, type Job } from "../domain/job.ts";
import type { Ports } from "../domain/ports.ts";
import type { JobChange } from "../domain/transitions.ts";
import { destroyUnneeded } from "./destroy-unneeded.ts";

type Deps = Pick<Ports, "clock" | "jobs" | "vault">;

/** Puts the job in the queue until the next attempt, or ends it when there is none left. */
export function holdAttempt(deps: Deps, job: Job, held: Held): Promise<Job> {
  return recordHeld(deps, job, holdChange(job, held, deps.clock));
}

/** Leaves the job in upstream's own queue until the next look, or ends it when there is none left. */
export function holdUpstream(deps: Deps, job: Job, attempt: number): Promise<Job> {
  return recordHeld(deps, job, holdUpstreamChange(job, attempt, deps.clock));
}

async function recordHeld(deps: Deps, job: Job, change: JobChange): Promise<Job> {
  const after = await deps.jobs.record(job, change);
  return isFinished(after) ? destroyUnneeded(deps, after) : after;
}
