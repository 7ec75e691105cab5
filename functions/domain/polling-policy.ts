const SECOND = 1000;
const MINUTE = 60 * SECOND;

/**
 * One invocation of the following Task looks again and again for this long. A slice costs less than a round of states,
 * and 12 s see a job of 10 s to its end.
 */
export const SLICE_MS = 12 * SECOND;

/** Between two looks: half of the 2 s that we may add to the bank's own time, less a round trip. */
export const LOOK_EVERY_MS = SECOND;

/** A job that upstream never finishes is given up after this much following. */
export const FOLLOW_LIMIT_MS = 15 * MINUTE;

/** How long the workflow waits between two slices, by the time that is left for following. */
export function waitSeconds(followLeftMs: number): number {
  const followedMs = FOLLOW_LIMIT_MS - followLeftMs;
  if (followedMs < MINUTE) return 1;
  return followedMs < 5 * MINUTE ? 5 : 15;
}
