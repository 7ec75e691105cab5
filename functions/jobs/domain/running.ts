import { isFinished, type Job } from "./job.ts";

/*
 * Jobs that run. A function works on each of them, or the workflow waits for a free function. A deployment may limit how many run at
 * once, so that they leave functions free for requests.
 */

/** Unless a deployment sets a limit, it has none. */
export const DEFAULT_MAX_RUNNING_JOBS = 0;
/** The highest limit that a deployment may set. */
export const HIGHEST_MAX_RUNNING_JOBS = 10_000;

/** A job that was accepted this long ago is in the count of the jobs that run: the index is up to a second behind. */
export const ROOM_WINDOW_MS = 2_000;

/** A client whose job has no room tries again after this time. A plain job runs for about twice as long. */
export const RETRY_AFTER_SECONDS = 5;

/** `idle`: no function is needed before the user does something, or before the sweeper deletes what is left. */
export type Activity = "queued" | "running" | "idle";

export function activityOf(job: Pick<Job, "phase">): Activity {
  if (job.phase === "queued") return "queued";
  return job.phase === "awaiting-answer" || isFinished(job) ? "idle" : "running";
}
