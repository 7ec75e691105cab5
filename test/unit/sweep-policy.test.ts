import { describe, expect, test } from "vitest";
import type { Job, Phase } from "../../functions/jobs/domain/job.ts";
import { firstSweepAt, nextSweepAt, retrySweepAt, sweepAtAfter } from "../../functions/jobs/domain/sweep.ts";
import type { JobEvent } from "../../functions/jobs/domain/transitions.ts";
import { fakeClock, START } from "../support/fake-clock.ts";
import { challengeOf, followingJob, jobOf, PLAIN, stepsOf } from "../support/job-examples.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const clock = fakeClock();
const within = (ms: number) => clock.after(ms).toISOString();
const sweepAt = within(42 * SECOND);
const queue = { nextAttemptAt: START, expiresAt: "2026-01-12T09:00:00.000Z" };
const verified = stepsOf({ ...PLAIN, "verify-credentials": "success" });

function lookAfter(event: JobEvent, phase: Phase, before: Partial<Job> = {}) {
  const job = followingJob({ sweepAt, ...before });
  return sweepAtAfter(job, event, { ...job, phase }, clock);
}

test("a job that nobody has touched since it was accepted is looked at after a minute", () => {
  expect(firstSweepAt(clock)).toBe(within(MINUTE));
});

describe("the time of the next look", () => {
  test.each(["opening", "following", "challenged", "sending-answer"] as const)(
    "stays as it is while a job goes on to be %s",
    (phase) => {
      expect(lookAfter("stepsProgressed", phase)).toBe(sweepAt);
    },
  );

  test("of a job that has none, or that leaves the queue, is in a minute", () => {
    expect(lookAfter("stepsProgressed", "following", { sweepAt: undefined })).toBe(within(MINUTE));
    expect(lookAfter("attemptStarted", "opening", { phase: "queued" })).toBe(within(MINUTE));
    expect(lookAfter("resumed", "accepted", { phase: "queued" })).toBe(within(MINUTE));
    expect(lookAfter("continuedUpstream", "following", { phase: "queued" })).toBe(within(MINUTE));
  });

  test.each(["awaiting-answer", "answered"] as const)("of a job that is %s is in half a minute", (phase) => {
    expect(lookAfter("challengeOpened", phase)).toBe(within(30 * SECOND));
  });

  test("of one whose execution was just replaced is in five minutes, whatever it does", () => {
    expect(lookAfter("restarted", "queued")).toBe(within(5 * MINUTE));
    expect(lookAfter("restarted", "awaiting-answer")).toBe(within(5 * MINUTE));
  });
});

describe("the next look at a queued job", () => {
  test("is a dozen attempts away", () => {
    expect(lookAfter("attemptHeld", "queued")).toBe(within(24.5 * HOUR));
  });

  test.each([
    ["stays while it is well beyond the next attempt", 2 * HOUR + 5 * MINUTE + 1, 2 * HOUR + 5 * MINUTE + 1],
    ["moves when it would meet the next attempt", 2 * HOUR + 5 * MINUTE, 24.5 * HOUR],
    ["moves when it has come", -SECOND, 24.5 * HOUR],
  ])("%s", (_, before, expected) => {
    const queued = { phase: "queued", queue, sweepAt: within(before) } as const;
    expect(lookAfter("attemptHeld", "queued", queued)).toBe(within(expected));
  });

  test("is set anew after an attempt that was made, however far it was", () => {
    const made = { phase: "opening", queue, sweepAt: within(23 * HOUR) } as const;
    expect(lookAfter("attemptHeld", "queued", made)).toBe(within(24.5 * HOUR));
    expect(lookAfter("attemptHeld", "queued", { ...made, phase: "queued", sweepAt: undefined })).toBe(
      within(24.5 * HOUR),
    );
  });
});

describe("a job that is over", () => {
  test("has left nothing when it succeeded and its login was destroyed before", () => {
    expect(lookAfter("succeeded", "succeeded", { steps: verified })).toBeUndefined();
  });

  test("has left nothing when it was a refresh, which never had a login", () => {
    expect(lookAfter("succeeded", "succeeded", { kind: "refresh" })).toBeUndefined();
  });

  test.each([
    ["its login, verified by the same look", "succeeded", {}],
    ["its login, kept for a further attempt", "succeeded", { steps: verified, queue }],
    ["its answer", "succeeded", { steps: verified, challenge: challengeOf({ isAnswered: true }) }],
    [
      "its answer, though it was a refresh",
      "succeeded",
      { kind: "refresh", challenge: challengeOf({ isAnswered: true }) },
    ],
    ["what a job that failed had", "failed", { steps: verified }],
    ["its execution, perhaps, though it was a refresh", "failed", { kind: "refresh" }],
  ] as const)("may have left %s, and is looked at at once", (_, phase, before) => {
    expect(lookAfter(phase, phase, { ...before })).toBe(START);
  });

  test("with an open challenge is looked at when every request that found it open is over", () => {
    expect(lookAfter("failed", "failed", { challenge: challengeOf() })).toBe(within(30 * SECOND));
  });
});

test("a job that could not be looked at is tried again after a minute", () => {
  expect(retrySweepAt(clock)).toBe(within(MINUTE));
});

test.each([
  ["accepted", 5 * MINUTE],
  ["opening", 5 * MINUTE],
  ["following", 5 * MINUTE],
  ["challenged", 5 * MINUTE],
  ["sending-answer", 5 * MINUTE],
  ["awaiting-answer", 30 * SECOND],
  ["answered", 30 * SECOND],
  ["queued", 24.5 * HOUR],
] as const)("a job that is %s and well is looked at again after %i ms", (phase, ms) => {
  expect(nextSweepAt(jobOf({ phase }), clock)).toBe(within(ms));
});
