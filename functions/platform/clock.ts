import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../jobs/domain/clock.ts";

/** The machine's clock. A scale above 1 shortens every duration by it, and makes what is left of one as much longer. */
export function systemClock(scale = 1): Clock {
  return {
    now: () => new Date(),
    after: (ms) => new Date(Date.now() + ms / scale),
    msUntil: (moment) => (moment.getTime() - Date.now()) * scale,
    sleep: async (ms) => {
      await sleep(ms / scale);
    },
  };
}
