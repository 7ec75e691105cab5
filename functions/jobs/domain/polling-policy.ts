const SECOND = 1000;
const MINUTE = 60 * SECOND;

/**
 * One invocation of the following Task looks again and again for this long. A slice costs less than a round of states,
 * and 12 s see a job of 10 s to its end.
 */
export const SLICE_MS = 12 * SECOND;

/** Between two looks: half of the 2 s that we may add to the bank's own time. */
export const LOOK_EVERY_MS = SECOND;

/** A job that upstream never finishes is given up after this much following, unless the deployment says otherwise. */
export const DEFAULT_FOLLOW_LIMIT_MINUTES = 15;
export const MAX_FOLLOW_LIMIT_MINUTES = 24 * 60;

/** A user who answered late still gets this much of the bank's time. */
export const FOLLOW_AFTER_ANSWER_MS = 3 * MINUTE;

/** Upstream may need a moment to know the job that it has just made. */
const UNKNOWN_FOR_MS = MINUTE;

/** Whether a job that upstream does not know may still turn up. */
export function mayTurnUp(followedMs: number): boolean {
  return followedMs < UNKNOWN_FOR_MS;
}

/** How long the workflow waits between two slices, by the time for which the job was followed. */
export function waitSeconds(followedMs: number): number {
  if (followedMs < MINUTE) return 1;
  return followedMs < 5 * MINUTE ? 5 : 15;
}
