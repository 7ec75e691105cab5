import type { Job } from "./job.ts";

const HOUR = 3600;

/** The published queue: an attempt every 2 hours, at most 84 after the first, which makes 7 days. */
export const RETRY_EVERY_SECONDS = 2 * HOUR;
export const MAX_RETRIES = 84;
export const MAX_ATTEMPTS = MAX_RETRIES + 1;
export const QUEUE_LIMIT_SECONDS = MAX_RETRIES * RETRY_EVERY_SECONDS;

/** The 84th retry is due at the very end of the 7 days, and comes a moment later. */
const SLACK_MS = (RETRY_EVERY_SECONDS * 1000) / 2;

/** Timers and clocks differ by less. */
const EARLY_MS = 60_000;

/** Whether the next attempt may start: a run that comes far too early is a repeated one. */
export function isDue(job: Pick<Job, "phase" | "queue">, msUntil: (moment: Date) => number): boolean {
  if (job.phase !== "queued" || job.queue === undefined) return true;
  return msUntil(new Date(job.queue.nextAttemptAt)) <= EARLY_MS;
}

/** Whether no further attempt may start: all were made, or the 7 days are over. */
export function isExhausted(job: Pick<Job, "attempt" | "queue">, msUntil: (moment: Date) => number): boolean {
  if (job.attempt >= MAX_ATTEMPTS) return true;
  return job.queue !== undefined && msUntil(new Date(job.queue.expiresAt)) < -SLACK_MS;
}
