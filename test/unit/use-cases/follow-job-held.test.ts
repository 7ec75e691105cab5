import { describe, expect, test } from "vitest";
import { MFA_EXPIRED, TEMPORARY_UNAVAILABLE } from "../../../functions/jobs/domain/failures.ts";
import type { Job } from "../../../functions/jobs/domain/job.ts";
import { failCurrentStep, type StepError } from "../../../functions/jobs/domain/steps.ts";
import {
  awaitingJob,
  followingJob,
  jobOf,
  lookOf,
  PLAIN,
  stepsOf,
  UPSTREAM_JOB_ID,
  WITH_MFA,
} from "../../support/job-examples.ts";
import { OUTAGE_PROBLEM, queuedUpstream, setStatus } from "../../support/scripted-aggregator.ts";
import { jobToFollow } from "../../support/use-case-worlds.ts";

const queue = { nextAttemptAt: "2026-01-05T11:00:00.000Z", expiresAt: "2026-01-12T09:00:00.000Z" };
const begun = followingJob({ steps: stepsOf({ ...PLAIN, "verify-credentials": "in-progress" }) });
const failedFirst = (error: StepError = OUTAGE_PROBLEM) =>
  lookOf(PLAIN, { steps: failCurrentStep(stepsOf(PLAIN), error) });
const refresh = followingJob({ kind: "refresh", connectionId: "8fce3b" });

describe("a first step that blames the bank", () => {
  test.each(["major-outage", "operational"])(
    "holds the job, whose login is kept, though the bank's record says %s",
    async (status) => {
      const { ports, follow, row } = await jobToFollow([failedFirst()], begun);
      setStatus(ports, status);
      expect(await follow()).toEqual({ next: "hold", waitSeconds: 7226 });
      expect(row()).toMatchObject({
        phase: "queued",
        attempt: 1,
        steps: stepsOf(PLAIN),
        knownUpstreamJobIds: [UPSTREAM_JOB_ID],
        queue: { ...queue, nextAttemptAt: "2026-01-05T11:00:26.000Z" },
      });
      expect(row().upstreamJobId).toBeUndefined();
      expect(ports.upstream.calls("institution")).toEqual([]);
      expect(ports.vault.names()).toHaveLength(1);
    },
  );

  test("ends a job that was in the queue for long enough", async () => {
    const { ports, follow, row } = await jobToFollow([failedFirst()], followingJob({ attempt: 85, queue }));
    expect(await follow()).toEqual({ next: "done" });
    expect(row().steps[0]?.result).toEqual(TEMPORARY_UNAVAILABLE);
    expect(ports.vault.names()).toEqual([]);
  });

  test.each([
    ["a refresh", refresh, true],
    ["a create where the queue is off", followingJob(), false],
  ])("fails %s at once in upstream's words", async (_, job, queues) => {
    const { ports, follow, row } = await jobToFollow([failedFirst()], job);
    ports.policy.queues = queues;
    expect(await follow()).toEqual({ next: "done" });
    expect(row().phase).toBe("failed");
    expect(row().steps[0]?.result).toEqual(OUTAGE_PROBLEM);
  });

  test("after it had succeeded takes nothing back", async () => {
    const steps = stepsOf({ ...PLAIN, "verify-credentials": "success" });
    const { follow, row } = await jobToFollow([failedFirst()], followingJob({ steps }));
    expect(await follow()).toMatchObject({ next: "wait" });
    expect(row()).toMatchObject({ phase: "following", steps });
  });
});

describe("a job that upstream queues itself", () => {
  test("is held with it, and its upstream job is kept for the next look", async () => {
    const { follow, row } = await jobToFollow([queuedUpstream()], begun);
    expect(await follow()).toEqual({ next: "hold", waitSeconds: 7226 });
    expect(row()).toMatchObject({
      phase: "queued",
      upstreamJobId: UPSTREAM_JOB_ID,
      steps: stepsOf(PLAIN),
      queue: { isUpstreams: true },
    });
  });

  test.each([
    ["a refresh", refresh, true],
    ["a create where the queue is off", followingJob(), false],
  ])("is over at once, as unavailable, when it is %s", async (_, job, queues) => {
    const { ports, follow, row } = await jobToFollow([queuedUpstream()], job);
    ports.policy.queues = queues;
    expect(await follow()).toEqual({ next: "done" });
    expect(row().steps[0]?.result).toEqual(TEMPORARY_UNAVAILABLE);
  });

  test("fails in upstream's words when upstream gives up", async () => {
    const givenUp = { ...TEMPORARY_UNAVAILABLE, detail: "Upstream's own words." };
    const job = followingJob({ attempt: 80, queue: { ...queue, isUpstreams: true } });
    const { ports, follow, row } = await jobToFollow([failedFirst(givenUp)], job);
    expect(await follow()).toEqual({ next: "done" });
    expect(row().steps[0]).toMatchObject({ status: "failed", result: givenUp });
    expect(ports.vault.names()).toEqual([]);
  });
});

describe("a job that is held", () => {
  const queued = (changes: Partial<Job> = {}) => jobOf({ phase: "queued", attempt: 1, queue, ...changes });

  test("waits for what is left of its time, and is not looked at", async () => {
    const { ports, follow } = await jobToFollow([], queued());
    expect(await follow()).toEqual({ next: "hold", waitSeconds: 7200 });
    ports.clock.pass(7_199_500);
    expect(await follow()).toEqual({ next: "hold", waitSeconds: 1 });
    ports.clock.pass(9_000);
    expect(await follow()).toEqual({ next: "hold", waitSeconds: 1 });
    expect(ports.upstream.ledger).toEqual([]);
  });

  test("that does not say until when is tried at once", async () => {
    expect(await (await jobToFollow([], queued({ queue: undefined }))).follow()).toEqual({
      next: "hold",
      waitSeconds: 1,
    });
  });
});

describe("a challenge that upstream ends since nobody answered", () => {
  const steps = stepsOf({ ...WITH_MFA, "verify-credentials": "success", "mfa-challenge": "in-progress" });
  const expired = lookOf(WITH_MFA, { steps: failCurrentStep(steps, MFA_EXPIRED) });

  test("returns a further attempt's job to the queue, with its login", async () => {
    const job = awaitingJob({ phase: "following", steps, attempt: 2, queue });
    const { ports, follow, row } = await jobToFollow([expired], job);
    expect(await follow()).toEqual({ next: "hold", waitSeconds: 7200 });
    expect(row()).toMatchObject({
      phase: "queued",
      steps: stepsOf(WITH_MFA),
      queue: { reason: "challenge-not-answered", unanswered: 1 },
    });
    expect(ports.vault.names()).toHaveLength(1);
  });

  test("fails a first attempt's job", async () => {
    const { follow, row } = await jobToFollow([expired], awaitingJob({ phase: "following", steps }));
    expect(await follow()).toEqual({ next: "done" });
    expect(row().steps[1]?.result).toEqual(MFA_EXPIRED);
  });
});
