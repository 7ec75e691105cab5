import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { answerWithinMs } from "../../functions/jobs/domain/challenge.ts";
import { UpstreamUnavailable } from "../../functions/jobs/domain/errors.ts";
import { LOOK_EVERY_MS, mayTurnUp, SLICE_MS, waitSeconds } from "../../functions/jobs/domain/following.ts";
import {
  IN_FLIGHT_MS,
  isOverdue,
  isSettled,
  mayBeBlip,
  mayBeSentAgain,
} from "../../functions/jobs/domain/sending.ts";
import { keptUntil } from "../../functions/jobs/domain/times-to-live.ts";
import { fakeClock, START } from "../support/fake-clock.ts";

const day = 24 * 3600;
const at = (seconds: number) => new Date(Date.parse(START) + seconds * 1000).toISOString();

describe("what was sent", () => {
  test("may be sent again when it has arrived if it ever will, or when it is known to have settled", () => {
    const again = new Date(IN_FLIGHT_MS).toISOString();
    expect(mayBeSentAgain({ sendAgainAt: again }, new Date(IN_FLIGHT_MS - 1))).toBe(false);
    expect(mayBeSentAgain({ sendAgainAt: again }, new Date(IN_FLIGHT_MS))).toBe(true);
    expect(mayBeSentAgain({}, new Date(0))).toBe(true);
  });

  test("is looked for, and not sent any more, after four minutes of one attempt", () => {
    expect(isOverdue({ attemptAt: START }, fakeClock(at(240)).msUntil)).toBe(false);
    expect(isOverdue({ attemptAt: START }, fakeClock(at(240.001)).msUntil)).toBe(true);
    expect(isOverdue({}, fakeClock(at(1e6)).msUntil)).toBe(false);
  });

  test("may have met a blip for a minute of a first attempt, and never in the queue", () => {
    const queue = { nextAttemptAt: START, expiresAt: at(604_800) };
    const soon = fakeClock(at(59.999)).msUntil;
    expect(mayBeBlip({ attemptAt: START }, soon)).toBe(true);
    expect(mayBeBlip({ attemptAt: START }, fakeClock(at(60)).msUntil)).toBe(false);
    expect(mayBeBlip({ attemptAt: START, queue }, soon)).toBe(false);
    expect(mayBeBlip({}, soon)).toBe(false);
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
    [-1, 1],
    [0, 1],
    [59_999, 1],
    [60_000, 5],
    [299_999, 5],
    [300_000, 15],
    [900_000, 15],
  ])("after %i ms waits %i s", (followedMs, expected) => {
    expect(waitSeconds(followedMs)).toBe(expected);
  });

  test("sees a job of 10 s to its end in one slice", () => {
    expect(SLICE_MS).toBeGreaterThan(10_000 + LOOK_EVERY_MS);
  });

  test("lets an unknown job turn up during its first minute", () => {
    expect(mayTurnUp(59_999)).toBe(true);
    expect(mayTurnUp(60_000)).toBe(false);
  });

  test("looks often enough to add less than 2 s to the bank's own time", () => {
    expect(LOOK_EVERY_MS).toBeLessThan(2_000);
  });
});

test("a job is kept for some days after its last change, in whole seconds", () => {
  expect(keptUntil("1970-01-01T00:00:00.000Z", 90)).toBe(90 * day);
  expect(keptUntil("1970-01-01T00:00:00.001Z", 1)).toBe(day + 1);
});
