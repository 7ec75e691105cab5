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
 * Cancels a job: frees its claim, stops its execution and deletes its secrets. Cancelling again completes the work
 * that a crash may have interrupted. Throws a `Refusal` if the job has finished in another way.
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

/**
 * Returns whether a cancelled job still has something to clean up, other than an answer that
 * only the sweeper waits for.
 */
function isHalfCancelled(job: Job): boolean {
  return wasCancelled(job) && job.sweepAt !== undefined && !mayGetAnswer(job);
}
