import { describe, expect, test } from "vitest";
import { expireChallenge } from "../../functions/jobs/domain/challenge.ts";
import { TEMPORARY_UNAVAILABLE } from "../../functions/jobs/domain/failures.ts";
import type { Job } from "../../functions/jobs/domain/job.ts";
import { holdChange, holdUpstreamChange } from "../../functions/jobs/domain/queue.ts";
import { at, failed, held, opened, started, walk } from "../support/captured-output.ts";
import { fakeClock, START } from "../support/fake-clock.ts";
import { awaitingJob, jobOf } from "../support/job-examples.ts";

const clockAt = (seconds: number) => fakeClock(at(seconds).toISOString());
const queue = { nextAttemptAt: START, expiresAt: "2026-01-12T09:00:00.000Z" };
const queued = (changes: Partial<Job> = {}) => jobOf({ phase: "queued", attempt: 1, queue, ...changes });

describe("a further attempt", () => {
  test("that somebody has asked for starts no job anew", () => {
    const resumed = walk(queued()).after(1, { event: "resumed", changes: { generation: 2 } });
    expect(resumed.after(2, started).measured).toEqual([]);
  });

  test("that waits for its user is none that the bank has held", () => {
    const ready = holdChange(queued(), { attempt: 2, reason: "ready-for-user" }, clockAt(1));
    expect(walk(queued()).after(1, ready).measured).toEqual([]);
  });

  test("that nobody answered counts as an expired challenge, and blames no bank", () => {
    const job = awaitingJob({ attempt: 2, queue });
    const back = expireChallenge(job, clockAt(120));
    expect(walk(job).after(120, back).measured).toEqual(["ChallengesExpired 1"]);
  });

  test("that upstream ended unanswered blames no bank either", () => {
    const job = awaitingJob({ phase: "following", attempt: 2, queue });
    const back = holdChange(job, { attempt: 2, reason: "challenge-not-answered" }, clockAt(100));
    expect(walk(job).after(100, back).measured).toEqual([]);
  });

  test("is held by the bank, as the first one was", () => {
    const again = holdChange(queued(), { attempt: 2 }, clockAt(1));
    expect(walk(queued()).after(1, again).measured).toEqual(["AttemptsHeld 1"]);
  });
});

describe("a job in upstream's own queue", () => {
  test("is held as in ours, for reasons of its bank's", () => {
    const walking = walk(jobOf()).after(1, started).after(2, opened);
    walking.after(3, holdUpstreamChange(walking.job(), 1, clockAt(3)));
    walking.after(7_203, holdUpstreamChange(walking.job(), 2, clockAt(7_203)));
    expect(walking.measured).toEqual([
      "JobsStarted 1",
      "AttemptsHeld 1",
      "UpstreamErrors AU00000 1",
      "AttemptsHeld 1",
      "UpstreamErrors AU00000 1",
    ]);
  });

  test("is started no second time when it goes on", () => {
    const walking = walk(queued({ queue: { ...queue, isUpstreams: true } }));
    walking.after(1, { event: "continuedUpstream", changes: { attempt: 2 } });
    expect(walking.measured).toEqual([]);
  });
});

test("a queue that is exhausted ends the job as unavailable", () => {
  const walking = walk(jobOf()).after(1, started).after(2, held);
  walking.after(604_800, failed(walking.job(), TEMPORARY_UNAVAILABLE));
  expect(walking.measured.slice(2)).toEqual([
    "JobsFinished unavailable 1",
    "JobDuration unavailable 604800000",
  ]);
});
