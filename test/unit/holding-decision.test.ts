import { describe, expect, test } from "vitest";
import { INTERNAL_ERROR, MFA_EXPIRED } from "../../functions/jobs/domain/failures.ts";
import { blamesTheBank, endsUnanswered, waitsUpstream } from "../../functions/jobs/domain/following.ts";
import { failCurrentStep, type StepStatus } from "../../functions/jobs/domain/steps.ts";
import type { JobChange } from "../../functions/jobs/domain/transitions.ts";
import { awaitingJob, followingJob, lookOf, PLAIN, stepsOf } from "../support/job-examples.ts";

const queue = { nextAttemptAt: "2026-01-05T11:00:00.000Z", expiresAt: "2026-01-12T09:00:00.000Z" };
const verified = stepsOf({ ...PLAIN, "verify-credentials": "success" });

function lookAtFirst(status: StepStatus, code: string | undefined) {
  const result = code === undefined ? null : { code, title: "t", detail: "d" };
  return lookOf(PLAIN, { steps: [{ title: "verify-credentials", status, result }] });
}

describe("the bank is blamed", () => {
  test.each([
    [true, "failed", "service-unavailable"],
    [true, "failed", "institution-not-available"],
    [false, "failed", "invalid-credentials"],
    [false, "failed", undefined],
    [false, "pending", "service-unavailable"],
    [false, "in-progress", undefined],
  ] as const)("%s when the first step is %s with %s", (expected, status, code) => {
    expect(blamesTheBank(followingJob(), lookAtFirst(status, code))).toBe(expected);
  });

  test("for the first step only", () => {
    const result = { code: "service-unavailable", title: "t", detail: "d" };
    const steps = [{ title: "retrieve-accounts", status: "failed", result } as const];
    expect(blamesTheBank(followingJob(), lookOf(PLAIN, { steps }))).toBe(false);
  });

  test("not for what upstream had verified before", () => {
    const seen = lookAtFirst("failed", "service-unavailable");
    expect(blamesTheBank(followingJob({ steps: verified }), seen)).toBe(false);
  });

  test("not when upstream's own queue gives up, and again when the queue is ours", () => {
    const seen = lookAtFirst("failed", "temporary-unavailable");
    expect(blamesTheBank(followingJob({ queue: { ...queue, isUpstreams: true } }), seen)).toBe(false);
    expect(blamesTheBank(followingJob({ queue }), seen)).toBe(true);
  });
});

describe("a job waits upstream", () => {
  const queuedUpstream = lookAtFirst("pending", "temporary-unavailable-queued");

  test("when upstream says so, first and again", () => {
    expect(waitsUpstream(followingJob(), queuedUpstream)).toBe(true);
    expect(waitsUpstream(followingJob({ queue: { ...queue, isUpstreams: true } }), queuedUpstream)).toBe(
      true,
    );
    expect(waitsUpstream(followingJob(), lookAtFirst("pending", undefined))).toBe(false);
  });

  test("not after what upstream had verified before", () => {
    expect(waitsUpstream(followingJob({ steps: verified }), queuedUpstream)).toBe(false);
  });
});

describe("a further attempt ends unanswered", () => {
  const job = awaitingJob({ phase: "following", attempt: 2, queue });
  const ending = (error = MFA_EXPIRED, event: JobChange["event"] = "failed"): JobChange => ({
    event,
    changes: { steps: failCurrentStep(job.steps, error) },
  });

  test("when upstream says that its challenge has expired", () => {
    expect(endsUnanswered(job, ending())).toBe(true);
  });

  test.each([
    ["a first attempt, which fails", awaitingJob({ phase: "following" }), ending()],
    ["one that ends for another reason", job, ending(INTERNAL_ERROR)],
    ["one that does not end", job, ending(MFA_EXPIRED, "stepsProgressed")],
    ["a change without steps", job, { event: "failed", changes: {} } as const],
  ])("which is not so of %s", (_, which, change) => {
    expect(endsUnanswered(which, change)).toBe(false);
  });
});
