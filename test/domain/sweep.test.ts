import { describe, expect, test } from "vitest";
import type { Job, Phase } from "../../functions/jobs/domain/job.ts";
import { firstSweepAt, nextSweepAt, retrySweepAt, sweepAtAfter } from "../../functions/jobs/domain/sweep.ts";
import { storedUntil } from "../../functions/jobs/domain/times-to-live.ts";
import type { JobEvent } from "../../functions/jobs/domain/transitions.ts";
import { inBatches } from "../../functions/jobs/use-cases/in-batches.ts";
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
const answered = challengeOf({ isAnswered: true });

function nextAfter(event: JobEvent, phase: Phase, before: Partial<Job> = {}) {
  const job = followingJob({ sweepAt, ...before });
  return sweepAtAfter(job, event, { ...job, phase }, clock);
}

test("the sweeper checks an accepted job, and a job whose check failed, after one minute", () => {
  expect(firstSweepAt(clock)).toBe(within(MINUTE));
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
  ["queued", 5 * MINUTE],
] as const)("the sweeper checks a healthy job that is %s again after %i ms", (phase, ms) => {
  expect(nextSweepAt(jobOf({ phase }), clock)).toBe(within(ms));
});

describe("the next check of a running job", () => {
  test.each(["opening", "following", "challenged", "sending-answer"] as const)(
    "stays the same while the job goes on to be %s",
    (phase) => {
      expect(nextAfter("stepsProgressed", phase)).toBe(sweepAt);
    },
  );

  test.each([
    ["in a minute if it has none", "stepsProgressed", "following", { sweepAt: undefined }, MINUTE],
    ["in a minute when it leaves the queue", "attemptStarted", "opening", { phase: "queued" }, MINUTE],
    ["in half a minute when it is asked", "challengeOpened", "awaiting-answer", {}, 30 * SECOND],
    ["in half a minute when it is answered", "answerTaken", "answered", {}, 30 * SECOND],
    ["in 5 minutes when its execution was replaced", "restarted", "awaiting-answer", {}, 5 * MINUTE],
    ["in 5 minutes when that of a queued job was", "restarted", "queued", {}, 5 * MINUTE],
  ] as const)("is %s", (_, event, phase, before, ms) => {
    expect(nextAfter(event, phase, before)).toBe(within(ms));
  });
});

describe("the next check of a queued job", () => {
  const nextAttemptAt = within(2 * HOUR);

  test.each([
    ["at its next attempt", "attempt", 2 * HOUR],
    ["at its last attempt if it waits for its bank", "bank", 7 * 24 * HOUR],
    ["at its last attempt if it waits for its user", "user", 7 * 24 * HOUR],
    ["in a minute if it was woken, so that its execution is started", undefined, MINUTE],
  ] as const)("is %s", (_, waitsFor, ms) => {
    const parked = { attempt: 1, queue: { ...queue, nextAttemptAt, waitsFor } };
    expect(nextAfter("attemptHeld", "queued", parked)).toBe(within(ms));
  });
});

describe("a finished job", () => {
  test.each([
    ["succeeded and its login was deleted before", { steps: verified }],
    ["succeeded and was a refresh, which has no login", { kind: "refresh" }],
  ] as const)("is not checked any more if it %s", (_, before) => {
    expect(nextAfter("succeeded", "succeeded", before)).toBeUndefined();
  });

  test.each([
    ["its login, verified by the same poll", "succeeded", {}],
    ["its login, kept for a further attempt", "succeeded", { steps: verified, queue }],
    ["its answer", "succeeded", { steps: verified, challenge: answered }],
    ["its answer, although it was a refresh", "succeeded", { kind: "refresh", challenge: answered }],
    ["the secrets of a failed job", "failed", { steps: verified }],
    ["its execution, although it was a refresh", "failed", { kind: "refresh" }],
  ] as const)("is checked at once if it may have left %s", (_, phase, before) => {
    expect(nextAfter(phase, phase, before)).toBe(START);
  });

  test("is checked after half a minute if a request may still store an answer", () => {
    expect(nextAfter("failed", "failed", { challenge: challengeOf() })).toBe(within(30 * SECOND));
  });
});

test("a batch that fails ends only when all its work has ended, and no batch follows", async () => {
  const ended: number[] = [];
  const making = inBatches([1, 2, 3, 4], 3, async (one) => {
    if (one === 1) throw new Error("failed");
    await new Promise((resolve) => setImmediate(resolve));
    ended.push(one);
  });
  await expect(making).rejects.toThrow("failed");
  expect(ended).toEqual([2, 3]);
});

test("a row expires whole days after its last change, in whole seconds, and not too early", () => {
  expect(storedUntil("1970-01-01T00:00:00.000Z", 90)).toBe(90 * 24 * 3600);
  expect(storedUntil("1970-01-01T00:00:00.001Z", 1)).toBe(24 * 3600 + 1);
});
