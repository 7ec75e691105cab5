import { JobChanged, JobMissing } from "../domain/errors.ts";
import type { Job } from "../domain/job.ts";
import type { Ports } from "../domain/ports.ts";
import type { JobChange, OngoingChange } from "../domain/transitions.ts";

/** We lose a round only if another writer advances the job, and a job has few steps at any one moment. */
const MAX_ROUNDS = 8;

type Decide<Change> = (job: Job) => Change | undefined | Promise<Change | undefined>;

/**
 * Reads the job, decides and writes; repeats this until no other writer comes in between. `decide` returns
 * `undefined` if nothing has to change. Throws `JobMissing` if the job does not exist, and `JobChanged` after 8 lost
 * rounds. For changes that end a job, see `end-job.ts`.
 */
export function changeJob(
  deps: Pick<Ports, "jobs">,
  jobId: string,
  decide: Decide<OngoingChange>,
): Promise<Job> {
  return changeUntilWritten(deps, jobId, decide, deps.jobs.record);
}

/** As {@link changeJob}, with any `write` that throws `JobChanged` if the job has changed. */
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

/** Throws `JobMissing` if the job does not exist. */
export async function findJob(deps: Pick<Ports, "jobs">, jobId: string): Promise<Job> {
  const job = await deps.jobs.find(jobId);
  if (job === undefined) throw new JobMissing();
  return job;
}
