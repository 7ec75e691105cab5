import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  currentWindow,
  isTooMany,
  RATE_LIMITS,
  retryAfterSeconds,
} from "../../functions/access/rate-limit.ts";

const FIVE_MINUTES = 300_000;

/** Stands still. */
function clockAt(ms: number, scale: number) {
  return {
    now: () => new Date(ms),
    after: (nominal: number) => new Date(ms + nominal / scale),
    msUntil: (moment: Date) => (moment.getTime() - ms) * scale,
  };
}

const moments = fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2100, 0) });
const scales = fc.constantFrom(1, 2, 20, 60, 150, 1_000);
/** In real milliseconds. Moments are whole ones, and a window's end may lie between two. */
const lengthOf = (scale: number) => FIVE_MINUTES / scale;
const LESS_THAN_A_MS = 1;

describe("the window of a moment", () => {
  test("ends after it, by no more than its length", () => {
    fc.assert(
      fc.property(moments, scales, (ms, scale) => {
        const leftMs = currentWindow(clockAt(ms, scale)).endsAt.getTime() - ms;
        expect(leftMs).toBeGreaterThanOrEqual(0);
        expect(leftMs).toBeLessThanOrEqual(lengthOf(scale));
      }),
    );
  });

  test("is that of every moment until its end, and not of its end", () => {
    fc.assert(
      fc.property(moments, scales, fc.double({ min: 0, max: 1, noNaN: true }), (ms, scale, share) => {
        const { number, endsAt } = currentWindow(clockAt(ms, scale));
        const within = ms + Math.floor(share * Math.max(0, endsAt.getTime() - LESS_THAN_A_MS - ms));
        expect(currentWindow(clockAt(within, scale)).number).toBe(number);
        const next = currentWindow(clockAt(endsAt.getTime() + LESS_THAN_A_MS, scale));
        expect(next.number).toBe(number + 1);
      }),
    );
  });

  test("is over once the seconds have passed that a refusal names, and these are whole", () => {
    fc.assert(
      fc.property(moments, scales, (ms, scale) => {
        const window = currentWindow(clockAt(ms, scale));
        const seconds = retryAfterSeconds(window, new Date(ms));
        expect(Number.isInteger(seconds)).toBe(true);
        expect(seconds).toBeGreaterThanOrEqual(1);
        expect(seconds).toBeLessThanOrEqual(Math.max(1, lengthOf(scale) / 1_000));
        expect(currentWindow(clockAt(ms + seconds * 1_000, scale)).number).toBeGreaterThan(window.number);
      }),
    );
  });

  test("begins at full five minutes", () => {
    const at = (time: string) => currentWindow(clockAt(Date.parse(time), 1));
    expect(at("2026-01-05T09:04:59.999Z").endsAt.toISOString()).toBe("2026-01-05T09:05:00.000Z");
    expect(at("2026-01-05T09:05:00.000Z").endsAt.toISOString()).toBe("2026-01-05T09:10:00.000Z");
  });
});

test("as many as the limit says pass, and the next one does not", () => {
  expect(RATE_LIMITS).toEqual({ token: 1_500, user: 600 });
  expect([isTooMany("token", 1_500), isTooMany("token", 1_501)]).toEqual([false, true]);
  expect([isTooMany("user", 600), isTooMany("user", 601)]).toEqual([false, true]);
});
