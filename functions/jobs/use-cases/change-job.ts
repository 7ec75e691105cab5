import { JobChanged, JobMissing } from "../domain/errors.ts";
import type { Job } from "../domain/job.ts";
import type { Ports } from "../domain/ports.ts";
import type { JobChange } from "../domain/transitions.ts";

/** Each round lost means that another writer got one step further, and a job has few steps at any one moment. */
const MAX_ROUNDS = 8;

/**
 * Reads, decides and writes until nobody came between. `decide` gives `undefined` when there is nothing to change.
 * Throws `JobMissing` for a job that does not exist.
 */
export async function changeJob(
  deps: Pick<Ports, "jobs">,
  jobId: string,
  decide: (job: Job) => JobChange | undefined | Promise<JobChange | undefined>,
): Promise<Job> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const job = await findJob(deps, jobId);
    const change = await decide(job);
    if (change === undefined) return job;
    try {
      return await deps.jobs.record(job, change);
    } catch (error) {
      if (!(error instanceof JobChanged)) throw error;
    }
  }
  throw new JobChanged();
}

export async function findJob(deps: Pick<Ports, "jobs">, jobId: string): Promise<Job> {
  const job = await deps.jobs.find(jobId);
  if (job === undefined) throw new JobMissing();
  return job;
}
