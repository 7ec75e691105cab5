import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Clock } from "../../functions/jobs/domain/clock.ts";
import { systemClock } from "../../functions/platform/clock.ts";
import { fakeClock } from "../support/fake-clock.ts";

/** Each with how much of a duration a millisecond of the machine is. */
const IMPLEMENTATIONS: [string, () => Clock, number][] = [
  ["in memory", fakeClock, 1],
  ["of the machine", () => systemClock(), 1],
  ["of the machine, sixty times as fast", () => systemClock(60), 60],
];

const HOUR_MS = 3600_000;

describe.each(IMPLEMENTATIONS)("a clock %s", (_, make, scale) => {
  describe("while no time passes", () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ["Date"] });
    });
    afterEach(() => {
      vi.useRealTimers();
    });

    test("says of a moment ahead how far it is ahead", () => {
      const clock = make();
      expect(clock.msUntil(clock.after(HOUR_MS))).toBe(HOUR_MS);
      expect(clock.msUntil(clock.now())).toBe(0);
    });

    test("says of a moment that has passed how long ago that was", () => {
      const clock = make();
      expect(clock.msUntil(clock.after(-HOUR_MS))).toBe(-HOUR_MS);
    });

    test("sets moments apart in the order of their durations", () => {
      const clock = make();
      const moments = [clock.now(), clock.after(HOUR_MS), clock.after(2 * HOUR_MS)];
      expect(moments.toSorted((a, b) => a.getTime() - b.getTime())).toEqual(moments);
    });
  });

  test("has a moment behind it after sleeping until then", async () => {
    const clock = make();
    const moment = clock.after(60);
    await clock.sleep(60);
    // A timer may fire within the millisecond before its time.
    expect(clock.msUntil(moment)).toBeLessThanOrEqual(2 * scale);
  });

  test("has not gone back after sleeping for no time", async () => {
    const clock = make();
    const before = clock.now();
    await clock.sleep(0);
    expect(clock.now().getTime()).toBeGreaterThanOrEqual(before.getTime());
  });
});
