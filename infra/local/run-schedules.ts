import { abortableDelay } from "./abortable-delay.ts";
import type { LocalSchedule } from "./template/deployed.ts";

export interface RunningSchedules {
  /** Waits for the runs under way, if they end soon. */
  close(): Promise<void>;
}

export interface ScheduleOptions {
  schedules: readonly LocalSchedule[];
  invoke(functionArn: string, event: unknown): Promise<unknown>;
  timeScale: number;
  delay?: typeof abortableDelay;
}

/** However much time is divided: a run takes some milliseconds, and something else wants to run too. */
const LEAST_PAUSE_MS = 25;

/** Ctrl-C ends everything within two seconds, and the tables are to be closed after the runs that use them. */
const CLOSE_WITHIN_MS = 500;

/**
 * Stands in for EventBridge's schedules: calls each function at its pace, divided by `timeScale`. A run that failed is
 * made up for by the next; none begins before the one before it has ended.
 */
export function runSchedules({
  schedules,
  invoke,
  timeScale,
  delay = abortableDelay,
}: ScheduleOptions): RunningSchedules {
  const stop = new AbortController();
  const running = schedules.map(async ({ everySeconds, functionArn }) => {
    const pauseMs = Math.max(LEAST_PAUSE_MS, (everySeconds * 1000) / timeScale);
    while (!stop.signal.aborted) {
      // The function has written into its log what went wrong.
      await invoke(functionArn, {}).catch(() => undefined);
      await delay(pauseMs, stop.signal).catch(() => undefined);
    }
  });
  return {
    async close() {
      stop.abort();
      const waited = new AbortController();
      const tooLong = delay(CLOSE_WITHIN_MS, waited.signal).catch(() => undefined);
      await Promise.race([Promise.all(running), tooLong]);
      waited.abort();
    },
  };
}
