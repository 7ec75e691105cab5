import { reachesJobsOf, type TokenClaims } from "../../access/caller.ts";
import { countRequest, countUserRequest, type UserCountDeps } from "../../access/rate-limit.ts";
import type { Job } from "../domain/job.ts";
import type { JobStore } from "../domain/ports.ts";
import { Refusal } from "../domain/refusal.ts";

export interface ReadJob {
  jobId: string;
  caller: TokenClaims;
}

/**
 * Returns the job in its current state. Throws the same `Refusal` for another user's job, for a job that is being deleted
 * and for a missing job.
 */
export async function readJob(
  deps: { jobs: Pick<JobStore, "find"> },
  { jobId, caller }: ReadJob,
): Promise<Job> {
  const job = await deps.jobs.find(jobId);
  const isShown = job !== undefined && job.isDropped === undefined;
  if (!isShown || !reachesJobsOf(caller, job.userId)) throw new Refusal("job-not-found");
  return job;
}

/**
 * Counts the request against its user's rate limit, then reads the job. A client token counts for its own user, even
 * if the job does not exist; a server token counts for the job's user. A client token without a user uses nothing of
 * the limit of the job's user.
 */
export async function readCountedJob(
  deps: UserCountDeps & { jobs: Pick<JobStore, "find"> },
  request: { jobId: string; caller: TokenClaims },
): Promise<Job> {
  const { jobId, caller } = request;
  const isOfClient = caller.scope === "CLIENT_ACCESS";
  if (isOfClient && caller.userId !== undefined) await countUserRequest(deps, caller.userId);
  if (isOfClient && caller.userId === undefined) await countRequest(deps, "user", `of-${jobId}`);
  const job = await readJob(deps, request);
  if (!isOfClient) await countUserRequest(deps, job.userId);
  return job;
}
