import { abortableDelay, type Delay } from "./abortable-delay.ts";
import type { LocalSchedule } from "./template/deployed.ts";

export interface RunningSchedules {
  /** Stops the schedules and waits up to 500 ms for running invocations. */
  close(): Promise<void>;
}

export interface ScheduleOptions {
  schedules: readonly LocalSchedule[];
  invoke(functionArn: string, event: unknown): Promise<unknown>;
  timeScale: number;
  delay?: Delay;
}

/** The shortest pause, for a large `timeScale`: a run takes some milliseconds, and other work needs time too. */
const LEAST_PAUSE_MS = 25;

/** Ctrl-C ends the program within two seconds, and the tables must close after the invocations that use them. */
const CLOSE_WITHIN_MS = 500;

/**
 * Runs EventBridge schedules locally: invokes each function at its interval, divided by `timeScale`. Does not retry a failed
 * run, because the next run repeats its work. A run starts only after the previous run has ended.
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
      // The function has already logged the error.
      await invoke(functionArn, {}).catch(() => undefined);
      await delay(pauseMs, stop.signal, "schedule").catch(() => undefined);
    }
  });
  return {
    async close() {
      stop.abort();
      const waited = new AbortController();
      const tooLong = delay(CLOSE_WITHIN_MS, waited.signal, "time-out").catch(() => undefined);
      await Promise.race([Promise.all(running), tooLong]);
      waited.abort();
    },
  };
}
