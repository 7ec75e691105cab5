import { afterEach, describe, expect, test, vi } from "vitest";
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

afterEach(() => {
  vi.useRealTimers();
});

describe.each(IMPLEMENTATIONS)("a clock %s", (_, make, scale) => {
  test("gives the time until a moment that is to come, is now, or has passed", () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const clock = make();
    for (const ms of [HOUR_MS, 0, -HOUR_MS]) expect(clock.msUntil(clock.after(ms))).toBe(ms);
    expect(clock.msUntil(clock.now())).toBe(0);
    expect(clock.after(HOUR_MS).getTime()).toBeLessThan(clock.after(2 * HOUR_MS).getTime());
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
