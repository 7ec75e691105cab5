import { JobChanged, JobMissing } from "../domain/errors.ts";
import type { Job } from "../domain/job.ts";
import type { Ports } from "../domain/ports.ts";
import type { JobChange, OngoingChange } from "../domain/transitions.ts";

/** Each lost round means that another writer took the job one step further, and a job has few steps at any one moment. */
const MAX_ROUNDS = 8;

type Decide<Change> = (job: Job) => Change | undefined | Promise<Change | undefined>;

/**
 * Reads the job, decides and writes, again and again until no other writer came between. `decide` returns `undefined` if there
 * is nothing to change. Throws `JobMissing` for a job that does not exist. Changes that end a job: see `end-job.ts`.
 */
export function changeJob(
  deps: Pick<Ports, "jobs">,
  jobId: string,
  decide: Decide<OngoingChange>,
): Promise<Job> {
  return changeUntilWritten(deps, jobId, decide, deps.jobs.record);
}

export async function changeUntilWritten<Change extends JobChange>(
  deps: Pick<Ports, "jobs">,
  jobId: string,
  decide: Decide<Change>,
  write: (job: Job, change: Change) => Promise<Job>,
): Promise<Job> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const job = await findJob(deps, jobId);
    const change = await decide(job);
    if (change === undefined) return job;
    try {
      return await write(job, change);
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
