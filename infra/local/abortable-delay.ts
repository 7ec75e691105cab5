import { setTimeout as sleep } from "node:timers/promises";

/** Node stores the delay of a timer in 32 bits. A timer with a longer delay fires immediately. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Why a part of local mode waits: before its next step, for the end of something that takes too long, before it tries again what
 * failed, or for the next run of a schedule.
 */
export type WaitReason = "pause" | "time-out" | "retry" | "schedule";

/** As {@link abortableDelay}, for a reason. */
export type Delay = (milliseconds: number, signal: AbortSignal, reason: WaitReason) => Promise<void>;

/** Waits for any number of milliseconds. Rejects with an `AbortError` when the signal aborts. */
export async function abortableDelay(milliseconds: number, signal: AbortSignal): Promise<void> {
  let left = milliseconds;
  do {
    const part = Math.min(left, MAX_TIMER_MS);
    await sleep(part, undefined, { signal });
    left -= part;
  } while (left > 0);
}
