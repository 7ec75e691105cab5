import type { TokenClaims } from "../../access/caller.ts";
import { JobMissing } from "../domain/errors.ts";
import { failure, JOB_CANCELLED, wasCancelled } from "../domain/failures.ts";
import { isFinished, type Job } from "../domain/job.ts";
import type { Ports } from "../domain/ports.ts";
import { Refusal } from "../domain/refusal.ts";
import { mayGetSecret } from "../domain/sweep.ts";
import { changeOrEndJob, cleanUp, type EndDeps } from "./end-job.ts";
import { readJob } from "./read-job.ts";

export type CancelDeps = EndDeps & Pick<Ports, "executions">;

/**
 * Cancels a job: frees its claim, stops its execution and deletes its secrets. Cancelling again completes the work
 * that a crash may have interrupted. Throws a `Refusal` if the job has finished in another way.
 */
export async function cancelJob(
  deps: CancelDeps,
  request: { jobId: string; caller: TokenClaims },
): Promise<Job> {
  const found = await readJob(deps, request);
  if (isFinished(found)) {
    if (!isHalfCancelled(found)) throw new Refusal("job-over");
    return cleanUp(deps, found);
  }
  const job = await cancelUnlessFinished(deps, found.id);
  if (!wasCancelled(job)) throw new Refusal("job-over");
  return job;
}

function cancelUnlessFinished(deps: CancelDeps, jobId: string): Promise<Job> {
  return changeOrEndJob(deps, jobId, (current) =>
    isFinished(current) ? undefined : failure(current, JOB_CANCELLED),
  );
}

/** Cancels a job for any caller, unless it has finished. Returns `undefined` if the job does not exist. */
export async function cancelOpenJob(deps: CancelDeps, jobId: string): Promise<Job | undefined> {
  const found = await deps.jobs.find(jobId);
  if (found === undefined || isFinished(found)) return found;
  try {
    return await cancelUnlessFinished(deps, jobId);
  } catch (error) {
    // Another function deleted the row in the meantime: a request that lost the claim, or an erasure.
    if (error instanceof JobMissing) return undefined;
    throw error;
  }
}

/**
 * Cancels the job that uses a connection, after the aggregator has deleted the connection. This also frees the claims of
 * the job. A second call finds nothing to do.
 */
export async function cancelJobOfConnection(
  deps: CancelDeps & Pick<Ports, "claims">,
  on: { userId: string; connectionId: string },
): Promise<void> {
  const holderId = await deps.claims.holder(on);
  if (holderId !== undefined) await cancelOpenJob(deps, holderId);
}

/**
 * Returns whether a cancelled job still has something to clean up, other than a late secret that
 * only the sweeper waits for.
 */
function isHalfCancelled(job: Job): boolean {
  return wasCancelled(job) && job.sweepAt !== undefined && !mayGetSecret(job);
}
