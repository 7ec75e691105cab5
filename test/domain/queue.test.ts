import { describe, expect, test } from "vitest";
import { TEMPORARY_UNAVAILABLE } from "../../functions/jobs/domain/failures.ts";
import {
  holdChange,
  holdUpstreamChange,
  isDue,
  isExhausted,
  isLastAttempt,
  knownWith,
  mayBeHeld,
  mayNeedLogin,
  needsTheUser,
} from "../../functions/jobs/domain/queue.ts";
import { failCurrentStep } from "../../functions/jobs/domain/steps.ts";
import { fakeClock } from "../support/fake-clock.ts";
import {
  awaitingJob,
  followingJob,
  jobOf,
  PLAIN,
  stepsOf,
  UPSTREAM_JOB_ID,
  WITH_MFA,
} from "../support/job-examples.ts";

const HOUR = 3_600_000;
const clock = fakeClock("2026-01-05T09:00:00.000Z");
const queue = { nextAttemptAt: "2026-01-05T09:00:00.000Z", expiresAt: "2026-01-12T08:00:00.000Z" };
const begun = stepsOf({ ...PLAIN, "verify-credentials": "in-progress" });
const left = (ms: number) => () => ms;

describe("a further attempt", () => {
  test.each([
    [60_001, false],
    [60_000, true],
    [-HOUR, true],
  ])("with %i ms to its time is due: %s", (ms, expected) => {
    expect(isDue({ phase: "queued", queue }, left(ms))).toBe(expected);
  });

  test("is due if the job waits for no attempt, or does not say when", () => {
    for (const phase of ["accepted", "opening", "following"] as const) {
      expect(isDue({ phase, queue }, left(HOUR))).toBe(true);
    }
    expect(isDue({ phase: "queued" }, left(HOUR))).toBe(true);
  });

  test.each([
    [84, 1, false],
    [85, 1, true],
    [1, -HOUR, false],
    [1, -HOUR - 1, true],
  ])("after %i attempts, with %i ms left of the 7 days, may not start: %s", (attempt, ms, expected) => {
    expect(isExhausted({ attempt, queue }, left(ms))).toBe(expected);
  });

  test("may start without a queue until 85 attempts were made", () => {
    expect(isExhausted({ attempt: 84 }, left(-9 * HOUR))).toBe(false);
    expect(isExhausted({ attempt: 85 }, left(-9 * HOUR))).toBe(true);
  });

  test.each([
    [84, HOUR, false],
    [85, HOUR, true],
    [3, HOUR - 1, true],
  ])("of number %i, with %i ms left of the 7 days, is the last one: %s", (attempt, ms, expected) => {
    expect(isLastAttempt(attempt, queue, left(ms))).toBe(expected);
  });

  test.each([
    ["user", 9, false],
    ["token", 9, false],
    ["user-mfa", undefined, true],
    ["user-mfa-intermittent", undefined, false],
    ["user-mfa-intermittent", 2, false],
    ["user-mfa-intermittent", 3, true],
  ] as const)("at an institution of %s after %s unanswered challenges needs the user: %s", (...given) => {
    const [authorization, unanswered, expected] = given;
    expect(needsTheUser({ authorization, queue: { ...queue, unanswered } })).toBe(expected);
  });
});

test.each([
  [undefined, true],
  ["create", true],
  ["update", true],
  ["refresh", false],
] as const)("a job of kind %s may be queued: %s, and never where the queue is off", (kind, expected) => {
  expect(mayBeHeld({ kind }, { queues: true })).toBe(expected);
  expect(mayBeHeld({ kind }, { queues: false })).toBe(false);
});

describe("a login may be needed again", () => {
  const verified = { ...PLAIN, "verify-credentials": "success" } as const;
  const asked = (status: "pending" | "in-progress" | "success" | "skipped") =>
    stepsOf({ ...WITH_MFA, "verify-credentials": "success", "mfa-challenge": status });

  test.each([
    ["before it is verified", true, { steps: stepsOf(PLAIN) }],
    ["once it is verified", false, { steps: stepsOf(verified) }],
    ["by an update before it is verified", true, { kind: "update", steps: stepsOf(PLAIN) }],
    ["by a refresh", false, { kind: "refresh", steps: stepsOf(PLAIN) }],
    ["by a first attempt whose bank asks", false, { steps: asked("in-progress") }],
    ["by a further attempt whose bank may ask", true, { steps: asked("pending"), queue }],
    ["by a further attempt whose bank asks", true, { steps: asked("in-progress"), queue }],
    ["by a further attempt that was answered", false, { steps: asked("success"), queue }],
    ["by a further attempt whose bank asks nothing", false, { steps: asked("skipped"), queue }],
    ["by a further attempt at a bank that never asks", false, { steps: stepsOf(verified), queue }],
  ] as const)("%s: %s", (_, expected, job) => {
    expect(mayNeedLogin({ ...job })).toBe(expected);
  });
});

describe("a job that is queued for the first time", () => {
  test("waits for 2 hours, within 7 days", () => {
    const { event, changes } = holdChange(followingJob({ steps: begun }), { attempt: 1 }, clock);
    expect(event).toBe("attemptHeld");
    expect(changes.queue).toEqual({
      nextAttemptAt: "2026-01-05T11:00:00.000Z",
      expiresAt: "2026-01-12T09:00:00.000Z",
      waitsFor: "attempt",
      uncounted: 1,
    });
  });

  test("starts again from its first step, and forgets the upstream job of the attempt", () => {
    const job = followingJob({ steps: begun, connectionId: "8fce3b", sealedTaskToken: "sealed" });
    const { changes } = holdChange(job, { attempt: 1 }, clock);
    expect(changes).toMatchObject({ attempt: 1, steps: stepsOf(PLAIN) });
    expect(changes.knownUpstreamJobIds).toEqual([UPSTREAM_JOB_ID]);
    for (const field of ["upstreamJobId", "connectionId", "followUntil", "sealedTaskToken"] as const) {
      expect(Object.hasOwn(changes, field)).toBe(true);
      expect(changes[field]).toBeUndefined();
    }
  });

  test("does not wait for another upstream job any more, and knows it from then on", () => {
    const blocked = { upstreamJobId: "another", until: "2026-01-05T09:15:00.000Z" };
    const { changes } = holdChange(jobOf({ phase: "opening", blocked }), { attempt: 1 }, clock);
    expect(changes).toMatchObject({ blocked: undefined, knownUpstreamJobIds: ["another"] });
    expect(Object.hasOwn(changes, "blocked")).toBe(true);
  });

  test.each(["update", "refresh"] as const)("keeps its connection if it is of kind %s", (kind) => {
    const job = followingJob({ kind, connectionId: "8fce3b" });
    expect(holdChange(job, { attempt: 1 }, clock).changes.connectionId).toBe("8fce3b");
  });
});

describe("a job that is queued again", () => {
  test("waits for 2 hours, and keeps the end of its 7 days and its challenge", () => {
    const { changes } = holdChange(awaitingJob({ attempt: 1, queue }), { attempt: 2 }, clock);
    expect(changes).toMatchObject({ attempt: 2 });
    expect(changes.queue).toEqual({
      nextAttemptAt: "2026-01-05T11:00:00.000Z",
      expiresAt: queue.expiresAt,
      waitsFor: "attempt",
    });
    expect(Object.hasOwn(changes, "challenge")).toBe(false);
  });

  test("counts the challenges that nobody answered", () => {
    const twice = awaitingJob({ attempt: 3, queue: { ...queue, unanswered: 2 } });
    expect(
      holdChange(twice, { attempt: 3, reason: "challenge-not-answered" }, clock).changes.queue,
    ).toMatchObject({ reason: "challenge-not-answered", unanswered: 3 });
    const forItsBank = holdChange(twice, { attempt: 3 }, clock).changes.queue;
    expect(forItsBank).toMatchObject({ unanswered: 2, reason: undefined });
  });

  test("does not wait in the aggregator's queue any more", () => {
    const job = awaitingJob({ attempt: 2, queue: { ...queue, isUpstreams: true } });
    expect(holdChange(job, { attempt: 2 }, clock).changes.queue).not.toHaveProperty("isUpstreams");
  });
});

test("a job in the aggregator's own queue keeps its upstream job, and is polled as often as we would try", () => {
  const { event, changes } = holdUpstreamChange(followingJob({ steps: begun }), 1, clock);
  expect(event).toBe("heldUpstream");
  expect(changes).toEqual({
    attempt: 1,
    followUntil: undefined,
    steps: stepsOf(PLAIN),
    queue: {
      nextAttemptAt: "2026-01-05T11:00:00.000Z",
      expiresAt: "2026-01-12T09:00:00.000Z",
      waitsFor: "attempt",
      isUpstreams: true,
    },
  });
});

describe.each([
  ["our", (job = jobOf(), attempt = 1) => holdChange(job, { attempt }, clock)],
  ["the aggregator's", (job = jobOf(), attempt = 1) => holdUpstreamChange(job, attempt, clock)],
])("a job in %s queue", (_, hold) => {
  const steps = stepsOf({ ...WITH_MFA, "verify-credentials": "success" });
  const endsAt = (expiresAt: string) => ({ ...queue, expiresAt });

  test.each([
    ["all attempts were made", 85, queue],
    ["the 7 days end before the next attempt", 40, endsAt("2026-01-05T09:59:59.999Z")],
  ])("fails at its current step when %s", (_reason, attempt, last) => {
    expect(hold(awaitingJob({ steps, queue: last }), attempt)).toEqual({
      event: "failed",
      changes: { attempt, steps: failCurrentStep(steps, TEMPORARY_UNAVAILABLE) },
    });
  });

  test("does not fail while one attempt is left", () => {
    const last = endsAt("2026-01-05T10:00:00.000Z");
    expect(hold(awaitingJob({ queue: last }), 84).event).not.toBe("failed");
  });
});

test("a job remembers the last ten upstream jobs of its attempts", () => {
  const ten = Array.from({ length: 10 }, (_, index) => `u${index}`);
  expect(knownWith([], undefined)).toEqual([]);
  expect(knownWith(["a"], "b")).toEqual(["a", "b"]);
  expect(knownWith(ten, "last")).toEqual([...ten.slice(1), "last"]);
});
