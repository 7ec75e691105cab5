import { isFinished, type Job } from "./job.ts";

/*
 * Jobs that run. A function works on each of them, or the workflow waits for a free function. A deployment may limit how many run at
 * once, so that they leave functions free for requests.
 */

/** Unless a deployment sets a limit, it has none. */
export const DEFAULT_MAX_RUNNING_JOBS = 0;
/** Of the first ten functions of an account, five stay free for requests, for events and for the sweeper. */
const OF_THE_FIRST_TEN = 5;
/** Of each further ten functions, three stay free. A simulation of overloads found that this is enough (`docs/capacity.md`). */
const OF_FURTHER_TEN = 7;

/** Returns the limit that fits an account which may run so many functions at once. */
export function runningJobsFor(concurrency: number): number {
  if (concurrency <= 10) return Math.max(1, Math.floor((concurrency * OF_THE_FIRST_TEN) / 10));
  const further = Math.floor(((concurrency - 10) * OF_FURTHER_TEN) / 10);
  return Math.min(HIGHEST_MAX_RUNNING_JOBS, OF_THE_FIRST_TEN + further);
}

/** The highest limit that a deployment may set. */
export const HIGHEST_MAX_RUNNING_JOBS = 10_000;

/** A job that was accepted this long ago is in the count of the jobs that run: the index is up to a second behind. */
export const ROOM_WINDOW_MS = 2_000;

/**
 * An instance of a function that found no room does not look again for this time. To look costs more the more jobs run, and in an
 * overload nearly all requests find no room.
 */
export const FULL_FOR_MS = 1_000;

/** A client whose job has no room tries again after this time. A plain job runs for about twice as long. */
export const RETRY_AFTER_SECONDS = 5;

/** `idle`: no function is needed before the user does something, or before the sweeper deletes what is left. */
export type Activity = "queued" | "running" | "idle";

export function activityOf(job: Pick<Job, "phase">): Activity {
  if (job.phase === "queued") return "queued";
  return job.phase === "awaiting-answer" || isFinished(job) ? "idle" : "running";
}
