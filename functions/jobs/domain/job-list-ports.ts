import type { Job } from "./job.ts";

/*
 * The ports that find jobs otherwise than by their ids.
 */

/** Jobs as the sweeper finds them. */
export interface SweptJobs {
  /** The jobs that are due, those first that have been so for longest; not all of them, when there are very many. */
  due(): Promise<string[]>;
  /** Puts off the next look at a job that was found well. Nothing when it has changed since. */
  postpone(job: Job, until: string): Promise<void>;
  /** What there is of jobs that are not over, about a second old. */
  census(): Promise<Census>;
}

export interface Census {
  /** Jobs that wait for their bank, or for their user. */
  queued: number;
  running: number;
  /** ISO 8601, as is the other. */
  oldestQueued?: string | undefined;
  /** The time for which a job was queued does not count. */
  oldestRunning?: string | undefined;
}

export interface JobsPage {
  /** Newest first. */
  jobs: Job[];
  /** Where the next page begins; none after the last one. */
  next: string | undefined;
}

export interface JobList {
  /** A user's jobs that pass a test, as they are now. One that was accepted within the last second may be missing. */
  page(
    userId: string,
    options: { limit: number; from: string | undefined; wanted: (job: Job) => boolean },
  ): Promise<JobsPage>;
}
