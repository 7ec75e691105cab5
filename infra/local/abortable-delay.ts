import { setTimeout as sleep } from "node:timers/promises";

/** A longer timer fires at once: node keeps the delay in 32 bits. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Any length, in milliseconds. Rejects with an `AbortError` when the signal aborts. */
export async function abortableDelay(milliseconds: number, signal: AbortSignal): Promise<void> {
  let left = milliseconds;
  do {
    const part = Math.min(left, MAX_TIMER_MS);
    await sleep(part, undefined, { signal });
    left -= part;
  } while (left > 0);
}
