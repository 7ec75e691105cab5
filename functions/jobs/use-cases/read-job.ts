import { reachesJobsOf, type TokenClaims } from "../../access/caller.ts";
import type { Job } from "../domain/job.ts";
import type { JobRows } from "../domain/ports.ts";
import { Refusal } from "../domain/refusal.ts";

export interface ReadJob {
  jobId: string;
  caller: TokenClaims;
}

/** The job as it is now. Another user's job and none at all are the same refusal. */
export async function readJob(
  deps: { jobs: Pick<JobRows, "find"> },
  { jobId, caller }: ReadJob,
): Promise<Job> {
  const job = await deps.jobs.find(jobId);
  if (job === undefined || !reachesJobsOf(caller, job.userId)) throw new Refusal("job-not-found");
  return job;
}
