import { type Held, holdChange } from "../domain/holding.ts";
import { isFinished, type Job } from "../domain/job.ts";
import type { Ports } from "../domain/ports.ts";
import { destroyUnneeded } from "./destroy-unneeded.ts";

/** Puts the job in the queue until the next attempt, or ends it when there is none left. */
export async function holdAttempt(
  deps: Pick<Ports, "clock" | "jobs" | "vault">,
  job: Job,
  held: Held,
): Promise<Job> {
  const after = await deps.jobs.record(job, holdChange(job, held, deps.clock));
  return isFinished(after) ? destroyUnneeded(deps, after) : after;
}
