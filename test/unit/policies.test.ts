import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { answerWithinMs } from "../../functions/domain/challenge-deadline.ts";
import { UpstreamUnavailable } from "../../functions/domain/errors.ts";
import {
  FOLLOW_LIMIT_MS,
  LOOK_EVERY_MS,
  mayTurnUp,
  SLICE_MS,
  waitSeconds,
} from "../../functions/domain/polling-policy.ts";
import {
  isExhausted,
  MAX_ATTEMPTS,
  MAX_RETRIES,
  QUEUE_LIMIT_SECONDS,
  RETRY_EVERY_SECONDS,
} from "../../functions/domain/queue-policy.ts";
import { keptUntil } from "../../functions/domain/retention.ts";
import { IN_FLIGHT_MS, isSettled, mayBeSentAgain } from "../../functions/domain/sending.ts";

const day = 24 * 3600;

describe("the queue", () => {
  test("is 84 retries, 7,200 s apart, which is 7 days", () => {
    expect([MAX_RETRIES, RETRY_EVERY_SECONDS]).toEqual([84, 7200]);
    expect(QUEUE_LIMIT_SECONDS).toBe(84 * 7200);
    expect(QUEUE_LIMIT_SECONDS).toBe(7 * day);
  });

  test("counts the first attempt beside the retries", () => {
    expect(MAX_ATTEMPTS).toBe(85);
  });
});

describe("the queue is exhausted", () => {
  const until = (ms: number) => () => ms;
  const queue = { nextAttemptAt: "2026-01-05T11:00:00Z", expiresAt: "2026-01-12T09:00:00Z" };

  test.each([
    [0, false],
    [84, false],
    [85, true],
    [86, true],
  ])("after %i attempts: %s", (attempt, expected) => {
    expect(isExhausted({ attempt }, until(1))).toBe(expected);
  });

  test.each([
    [1, false],
    [-60_000, false],
    [-7_200_000, true],
  ])("with %i ms left of the 7 days: %s, for the last attempt is due at their very end", (ms, expected) => {
    expect(isExhausted({ attempt: 1, queue }, until(ms))).toBe(expected);
  });
});

describe("what was sent", () => {
  test("may be sent again when it has arrived if it ever will, or when it is known to have settled", () => {
    const again = new Date(IN_FLIGHT_MS).toISOString();
    expect(mayBeSentAgain({ sendAgainAt: again }, new Date(IN_FLIGHT_MS - 1))).toBe(false);
    expect(mayBeSentAgain({ sendAgainAt: again }, new Date(IN_FLIGHT_MS))).toBe(true);
    expect(mayBeSentAgain({}, new Date(0))).toBe(true);
  });

  test("has settled when nothing of it is under way any more", () => {
    expect(isSettled(new UpstreamUnavailable())).toBe(true);
    expect(isSettled(new UpstreamUnavailable({ mayStillArrive: true }))).toBe(false);
    expect(isSettled(new Error("UpstreamUnavailable"))).toBe(false);
  });
});

describe("the time to answer", () => {
  test.each([
    [3_600, 60_000],
    [0, 60_000],
    [-5, 60_000],
    [60_000, 60_000],
    [120_000, 120_000],
    [900_000, 900_000],
    [3_600_000, 900_000],
  ])("for an expiryMs of %i is %i ms", (expiryMs, expected) => {
    expect(answerWithinMs(expiryMs)).toBe(expected);
  });

  test("is between 1 and 15 minutes, and never longer for a shorter expiry", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.double({ noNaN: true, min: 0 }), (expiryMs, more) => {
        const within = answerWithinMs(expiryMs);
        expect(within).toBeGreaterThanOrEqual(60_000);
        expect(within).toBeLessThanOrEqual(900_000);
        expect(answerWithinMs(expiryMs + more)).toBeGreaterThanOrEqual(within);
      }),
    );
  });
});

describe("polling", () => {
  test.each([
    [FOLLOW_LIMIT_MS, 1],
    [FOLLOW_LIMIT_MS - 59_999, 1],
    [FOLLOW_LIMIT_MS - 60_000, 5],
    [FOLLOW_LIMIT_MS - 299_999, 5],
    [FOLLOW_LIMIT_MS - 300_000, 15],
    [0, 15],
    [-1, 15],
  ])("with %i ms left waits %i s", (left, expected) => {
    expect(waitSeconds(left)).toBe(expected);
  });

  test("sees a job of 10 s to its end in one slice", () => {
    expect(SLICE_MS).toBeGreaterThan(10_000 + LOOK_EVERY_MS);
  });

  test("lets an unknown job turn up during its first minute", () => {
    expect(mayTurnUp(FOLLOW_LIMIT_MS - 59_999)).toBe(true);
    expect(mayTurnUp(FOLLOW_LIMIT_MS - 60_000)).toBe(false);
  });

  test("looks often enough to add less than 2 s to the bank's own time", () => {
    expect(LOOK_EVERY_MS).toBeLessThan(2_000);
  });
});

test("a job is kept for some days after its last change, in whole seconds", () => {
  expect(keptUntil("1970-01-01T00:00:00.000Z", 90)).toBe(90 * day);
  expect(keptUntil("1970-01-01T00:00:00.001Z", 1)).toBe(day + 1);
});
