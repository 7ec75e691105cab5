import type { TokenClaims } from "../../access/caller.ts";
import { failure, JOB_CANCELLED, wasCancelled } from "../domain/failures.ts";
import { isFinished, type Job } from "../domain/job.ts";
import type { Ports } from "../domain/ports.ts";
import { Refusal } from "../domain/refusal.ts";
import { mayGetAnswer } from "../domain/sweep.ts";
import { changeOrEndJob, cleanUp, type EndDeps } from "./end-job.ts";
import { readJob } from "./read-job.ts";

type Deps = EndDeps & Pick<Ports, "executions">;

/**
 * Cancels a job. Its claim is free, its execution is stopped, and its secrets are deleted. Cancelling again finishes what a crash
 * may have left undone.
 */
export async function cancelJob(deps: Deps, request: { jobId: string; caller: TokenClaims }): Promise<Job> {
  const found = await readJob(deps, request);
  if (isFinished(found)) {
    if (!isHalfCancelled(found)) throw new Refusal("job-over");
    return cleanUp(deps, found);
  }
  const job = await changeOrEndJob(deps, found.id, (current) =>
    isFinished(current) ? undefined : failure(current, JOB_CANCELLED),
  );
  if (!wasCancelled(job)) throw new Refusal("job-over");
  return job;
}

/** Whether a cancelled job still has something to clean up, other than an answer that only the sweeper waits for. */
function isHalfCancelled(job: Job): boolean {
  return wasCancelled(job) && job.sweepAt !== undefined && !mayGetAnswer(job);
}
