import { describe, expect, test } from "vitest";
import { TEMPORARY_UNAVAILABLE } from "../../functions/jobs/domain/failures.ts";
import { holdChange, holdUpstreamChange, knownWith } from "../../functions/jobs/domain/queue.ts";
import { failCurrentStep } from "../../functions/jobs/domain/steps.ts";
import { fakeClock } from "../support/fake-clock.ts";
import {
  awaitingJob,
  followingJob,
  JOB_ID,
  jobOf,
  PLAIN,
  stepsOf,
  UPSTREAM_JOB_ID,
  WITH_MFA,
} from "../support/job-examples.ts";

const clock = fakeClock();
/** The share of the minute that goes with the examples' id: its last six digits are 6f1b11. */
const SPREAD = "26";
const queue = { nextAttemptAt: "2026-01-05T09:00:00.000Z", expiresAt: "2026-01-12T08:00:00.000Z" };
const begun = stepsOf({ ...PLAIN, "verify-credentials": "in-progress" });

describe("a job that is held for the first time", () => {
  const change = holdChange(followingJob({ steps: begun, connectionId: "8fce3b" }), { attempt: 1 }, clock);

  test("waits for 2 hours and its share of a minute, within 7 days from now", () => {
    expect(JOB_ID).toMatch(/6f1b11$/);
    expect(change.event).toBe("attemptHeld");
    expect(change.changes.queue).toEqual({
      nextAttemptAt: `2026-01-05T11:00:${SPREAD}.000Z`,
      expiresAt: "2026-01-12T09:00:00.000Z",
    });
  });

  test("has all its steps before it, and its attempt behind it", () => {
    expect(change.changes).toMatchObject({ attempt: 1, steps: stepsOf(PLAIN) });
    expect(change.changes.knownUpstreamJobIds).toEqual([UPSTREAM_JOB_ID]);
    for (const field of ["upstreamJobId", "connectionId", "followUntil", "sealedTaskToken"] as const) {
      expect(Object.hasOwn(change.changes, field)).toBe(true);
      expect(change.changes[field]).toBeUndefined();
    }
  });
});

describe("a job that is held again", () => {
  test("waits for 2 hours from now, and for no longer than it was to from the first", () => {
    const { changes } = holdChange(jobOf({ phase: "queued", attempt: 1, queue }), { attempt: 2 }, clock);
    expect(changes).toMatchObject({ attempt: 2 });
    expect(changes.queue).toEqual({
      nextAttemptAt: "2026-01-05T11:00:00.000Z",
      expiresAt: queue.expiresAt,
    });
  });

  test("says why, and counts the challenges that nobody answered", () => {
    const reasonOf = (job = awaitingJob({ attempt: 2, queue }), reason?: "challenge-not-answered") =>
      holdChange(job, { attempt: 2, reason }, clock).changes.queue;
    expect(reasonOf(undefined, "challenge-not-answered")).toMatchObject({
      reason: "challenge-not-answered",
      unanswered: 1,
    });
    const twice = awaitingJob({ attempt: 3, queue: { ...queue, unanswered: 2 } });
    expect(reasonOf(twice, "challenge-not-answered")?.unanswered).toBe(3);
    expect(reasonOf(twice)).toMatchObject({ unanswered: 2, reason: undefined });
  });

  test("waits no longer in upstream's queue, if it did", () => {
    const job = awaitingJob({ attempt: 2, queue: { ...queue, isUpstreams: true } });
    expect(holdChange(job, { attempt: 2 }, clock).changes.queue).not.toHaveProperty("isUpstreams");
  });

  test.each(["update", "refresh"] as const)("keeps the connection that a job of kind %s is about", (kind) => {
    const job = followingJob({ kind, connectionId: "8fce3b" });
    expect(holdChange(job, { attempt: 1 }, clock).changes.connectionId).toBe("8fce3b");
  });

  test("keeps its challenge: the numbers go on", () => {
    const { changes } = holdChange(awaitingJob({ queue }), { attempt: 2 }, clock);
    expect(Object.hasOwn(changes, "challenge")).toBe(false);
  });
});

describe.each([
  ["ours", (job = jobOf(), attempt = 1) => holdChange(job, { attempt }, clock)],
  ["upstream's", (job = jobOf(), attempt = 1) => holdUpstreamChange(job, attempt, clock)],
])("an attempt of the queue, which is %s,", (_, hold) => {
  const steps = stepsOf({ ...WITH_MFA, "verify-credentials": "success" });

  test.each([
    ["all attempts were made", 85, queue],
    ["the 7 days are over within the next wait", 40, { ...queue, expiresAt: "2026-01-05T09:59:59.999Z" }],
  ])("ends the job, at the step that it is at, when %s", (_reason, attempt, last) => {
    expect(hold(awaitingJob({ steps, queue: last }), attempt)).toEqual({
      event: "failed",
      changes: { attempt, steps: failCurrentStep(steps, TEMPORARY_UNAVAILABLE) },
    });
  });

  test("does not end it a moment before", () => {
    const last = { ...queue, expiresAt: "2026-01-05T10:00:00.000Z" };
    expect(hold(awaitingJob({ queue: last }), 84).event).not.toBe("failed");
  });
});

describe("a job that upstream holds itself", () => {
  const job = followingJob({ steps: begun });
  const { event, changes } = holdUpstreamChange(job, 1, clock);

  test("keeps the upstream job, which is looked at after 2 hours and the share of a minute", () => {
    expect(event).toBe("heldUpstream");
    expect(Object.hasOwn(changes, "upstreamJobId")).toBe(false);
    expect(changes.queue).toEqual({
      nextAttemptAt: `2026-01-05T11:00:${SPREAD}.000Z`,
      expiresAt: "2026-01-12T09:00:00.000Z",
      isUpstreams: true,
    });
  });

  test("is not followed meanwhile, and has all its steps before it", () => {
    expect(changes).toMatchObject({ attempt: 1, followUntil: undefined, steps: stepsOf(PLAIN) });
  });
});

test("of the upstream jobs that were known before, the last ten are enough", () => {
  expect(knownWith([], undefined)).toEqual([]);
  expect(knownWith(["a"], undefined)).toEqual(["a"]);
  expect(knownWith(["a"], "b")).toEqual(["a", "b"]);
  const many = Array.from({ length: 10 }, (_, index) => `u${index}`);
  expect(knownWith(many, "last")).toEqual([...many.slice(1), "last"]);
});
