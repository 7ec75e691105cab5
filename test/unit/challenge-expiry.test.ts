import { describe, expect, test } from "vitest";
import { expireChallenge, isPast } from "../../functions/jobs/domain/challenge.ts";
import { MFA_EXPIRED } from "../../functions/jobs/domain/failures.ts";
import { fakeClock, START } from "../support/fake-clock.ts";
import { awaitingJob, challengeOf, stepsOf, WITH_MFA } from "../support/job-examples.ts";

const start = Date.parse(START);
const deadline = new Date(start + 120_000);
const justBefore = new Date(start + 119_999);
const clockAt = (moment: Date) => fakeClock(moment.toISOString());
const queue = { nextAttemptAt: START, expiresAt: "2026-01-12T09:00:00.000Z" };

describe("a challenge that nobody answered", () => {
  test("fails its step once the deadline is there", () => {
    const change = expireChallenge(awaitingJob(), clockAt(deadline));
    expect(change?.event).toBe("failed");
    expect(change?.changes.steps?.[1]).toEqual({
      title: "mfa-challenge",
      status: "failed",
      result: MFA_EXPIRED,
    });
  });

  test("waits for the deadline, and leaves other phases alone", () => {
    expect(expireChallenge(awaitingJob(), clockAt(justBefore))).toBeUndefined();
    expect(expireChallenge(awaitingJob({ phase: "answered" }), clockAt(deadline))).toBeUndefined();
    expect(expireChallenge(awaitingJob({ queue }), clockAt(justBefore))).toBeUndefined();
  });

  test("returns a further attempt's job to the queue, which says why and counts it", () => {
    const change = expireChallenge(awaitingJob({ attempt: 2, queue }), clockAt(deadline));
    expect(change).toMatchObject({
      event: "attemptHeld",
      changes: {
        attempt: 2,
        steps: stepsOf(WITH_MFA),
        queue: { reason: "challenge-not-answered", unanswered: 1, expiresAt: queue.expiresAt },
      },
    });
  });

  test("ends a further attempt's job when it was the last one", () => {
    const change = expireChallenge(awaitingJob({ attempt: 85, queue }), clockAt(deadline));
    expect(change?.event).toBe("failed");
    expect(change?.changes.steps?.[1]?.result).toEqual(MFA_EXPIRED);
  });

  test("knows no past without a deadline", () => {
    expect(isPast(awaitingJob({ challenge: challengeOf() }), new Date(8.64e15))).toBe(false);
  });
});
