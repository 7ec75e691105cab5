import { abortableDelay } from "./abortable-delay.ts";
import type { LocalSchedule } from "./deployed.ts";

export interface RunningSchedules {
  /** Waits for the runs under way. */
  close(): Promise<void>;
}

/** However much time is divided: a run takes some milliseconds, and something else wants to run too. */
const LEAST_PAUSE_MS = 25;

/**
 * Stands in for EventBridge's schedules: calls each function at its pace, divided by `timeScale`. A run that failed is
 * made up for by the next; none begins before the one before it has ended.
 */
export function runSchedules(
  schedules: readonly LocalSchedule[],
  invoke: (functionArn: string, event: unknown) => Promise<unknown>,
  timeScale: number,
): RunningSchedules {
  const stop = new AbortController();
  const running = schedules.map(async ({ everySeconds, functionArn }) => {
    const pauseMs = Math.max(LEAST_PAUSE_MS, (everySeconds * 1000) / timeScale);
    while (!stop.signal.aborted) {
      // The function has written into its log what went wrong.
      await invoke(functionArn, {}).catch(() => undefined);
      await abortableDelay(pauseMs, stop.signal).catch(() => undefined);
    }
  });
  return {
    async close() {
      stop.abort();
      await Promise.all(running);
    },
  };
}
