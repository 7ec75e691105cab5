import type { Clock } from "./clock.ts";

const MINUTE_MS = 60_000;

/** By then, the request that asked for the erasure has ended. */
const FIRST_ROUND_MS = MINUTE_MS;
const ROUND_MS = 5 * MINUTE_MS;

/**
 * Rounds continue for longer than any function runs: a function that checked the user before the erasure may write a row
 * until it ends.
 */
const LAST_ROUND_MS = 15 * MINUTE_MS;

export function firstRoundAt(clock: Pick<Clock, "after">): Date {
  return clock.after(FIRST_ROUND_MS);
}

/**
 * Returns when the next round begins, or `undefined` if the current round was the last. There is another round while rows are
 * `left`.
 */
export function nextRoundAt(
  begunAt: string,
  clock: Pick<Clock, "after" | "msUntil">,
  left: boolean,
): Date | undefined {
  const isLast = !left && -clock.msUntil(new Date(begunAt)) >= LAST_ROUND_MS;
  return isLast ? undefined : clock.after(ROUND_MS);
}
