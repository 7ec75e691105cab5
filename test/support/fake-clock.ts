import type { Clock } from "../../functions/jobs/domain/clock.ts";

export const START = "2026-01-05T09:00:00.000Z";

export interface FakeClock extends Clock {
  pass(ms: number): void;
}

/** Stands still until it is told to move, or until somebody sleeps by it: sleeping takes no time of ours. */
export function fakeClock(at: string = START): FakeClock {
  let now = Date.parse(at);
  return {
    now: () => new Date(now),
    after: (ms) => new Date(now + ms),
    span: (ms) => ms,
    msUntil: (moment) => moment.getTime() - now,
    sleep: async (ms) => {
      now += ms;
    },
    pass: (ms) => {
      now += ms;
    },
  };
}
