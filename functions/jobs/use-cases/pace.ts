import type { Clock } from "../domain/clock.ts";

/** Waits for the next turn. Returns false, without waiting, if that turn would come after `end`. */
export type Turn = (end?: Date) => Promise<boolean>;

/** Returns turns that come at most `perSecond` times a second. The first turn is at once. */
export function pace(clock: Clock, perSecond: number): Turn {
  const everyMs = Math.ceil(1000 / perSecond);
  let next = clock.now();
  return async (end) => {
    const waitMs = Math.max(0, clock.msUntil(next));
    if (end !== undefined && clock.msUntil(end) <= waitMs) return false;
    next = clock.after(waitMs + everyMs);
    if (waitMs > 0) await clock.sleep(waitMs);
    return true;
  };
}
