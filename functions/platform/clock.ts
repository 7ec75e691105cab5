import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../jobs/domain/clock.ts";

type Sleep = (milliseconds: number) => Promise<unknown>;

let sleeping: Sleep = sleep;

/** Replaces how the clocks of this process wait. Only the test kit calls it: its clock can be ahead of the machine's. */
export function sleepWith(other: Sleep): void {
  sleeping = other;
}

/**
 * Returns the machine's clock. A scale above 1 divides every duration by the scale, and multiplies the time that is
 * left until a moment by the scale.
 */
export function systemClock(scale = 1): Clock {
  return {
    now: () => new Date(),
    after: (ms) => new Date(Date.now() + ms / scale),
    span: (ms) => ms / scale,
    msUntil: (moment) => (moment.getTime() - Date.now()) * scale,
    sleep: async (ms) => {
      await sleeping(ms / scale);
    },
  };
}
