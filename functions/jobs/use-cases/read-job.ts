import { reachesJobsOf, type TokenClaims } from "../../access/caller.ts";
import { type CountDeps, countRequest } from "../../access/rate-limit.ts";
import type { Job } from "../domain/job.ts";
import type { JobStore } from "../domain/ports.ts";
import { Refusal } from "../domain/refusal.ts";

export interface ReadJob {
  jobId: string;
  caller: TokenClaims;
}

/** The job as it is now. Another user's job and none at all are the same refusal. */
export async function readJob(
  deps: { jobs: Pick<JobStore, "find"> },
  { jobId, caller }: ReadJob,
): Promise<Job> {
  const job = await deps.jobs.find(jobId);
  if (job === undefined || !reachesJobsOf(caller, job.userId)) throw new Refusal("job-not-found");
  return job;
}

/**
 * The job that a POST is about, once it was counted: for the user whom the caller's token names, whether there is such a job or not,
 * and for a backend for the job's. Who names nobody takes nothing from the job's user.
 */
export async function readCountedJob(
  deps: CountDeps & { jobs: Pick<JobStore, "find"> },
  request: { jobId: string; caller: TokenClaims },
): Promise<Job> {
  const { jobId, caller } = request;
  if (caller.scope === "CLIENT_ACCESS") await countRequest(deps, "user", caller.userId ?? `of-${jobId}`);
  const job = await readJob(deps, request);
  if (caller.scope === "SERVER_ACCESS") await countRequest(deps, "user", job.userId);
  return job;
}
