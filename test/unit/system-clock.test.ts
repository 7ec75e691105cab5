import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { systemClock } from "../../functions/platform/clock.ts";

const now = new Date("2026-01-05T09:00:00.000Z");
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now });
});
afterEach(() => {
  vi.useRealTimers();
});

describe.each([1, 60, 0.5])("a clock at the scale %d", (scale) => {
  const clock = systemClock(scale);

  test("shows the time as it is", () => {
    expect(clock.now()).toEqual(now);
  });

  test("divides every duration", () => {
    expect(clock.after(60_000).getTime() - now.getTime()).toBe(60_000 / scale);
  });

  test("multiplies what is left, so that a moment ahead is as far away as it was set", () => {
    expect(clock.msUntil(clock.after(60_000))).toBe(60_000);
    expect(clock.msUntil(now)).toBe(0);
    expect(clock.msUntil(clock.after(-60_000))).toBe(-60_000);
  });
});

test("a day of sleep ends at once where time runs fast enough", async () => {
  await systemClock(1e9).sleep(24 * 3600_000);
});

test("a clock without a scale is the machine's", () => {
  expect(systemClock().after(5)).toEqual(new Date(now.getTime() + 5));
});
