import { describe, expect, test } from "vitest";
import { JOB_CANCELLED, MFA_EXPIRED } from "../../functions/jobs/domain/failures.ts";
import type { Job, Queue } from "../../functions/jobs/domain/job.ts";
import { eventCountAfter, eventTypesOf } from "../../functions/jobs/domain/job-events.ts";
import { failCurrentStep } from "../../functions/jobs/domain/steps.ts";
import { START } from "../support/fake-clock.ts";
import { awaitingJob, followingJob, jobOf } from "../support/job-examples.ts";

const LATER = "2026-01-05T11:00:00.000Z";
const queue: Queue = { nextAttemptAt: LATER, expiresAt: LATER };
const queued = (changes: Partial<Job> = {}) => followingJob({ phase: "queued", queue, ...changes });
const failed = (job: Job, error = MFA_EXPIRED) => ({
  ...job,
  phase: "failed" as const,
  steps: failCurrentStep(job.steps, error),
});
const progressed = followingJob().steps.map((step) => ({ ...step, status: "success" as const }));

/** What the write of each line makes of the job before it. */
const WRITES: readonly [what: string, before: Job, after: Job, types: string[]][] = [
  ["the first attempt begins", jobOf(), jobOf({ phase: "opening", attempt: 1 }), ["created"]],
  ["the job fails before it began", jobOf(), failed(jobOf(), JOB_CANCELLED), ["created", "cancelled"]],
  ["an accepted job is restarted", jobOf(), jobOf({ generation: 2 }), []],
  ["an accepted job is being deleted", jobOf(), jobOf({ isDropped: true }), []],
  ["a step makes progress", followingJob(), followingJob({ steps: progressed }), ["updated"]],
  ["nothing changes that is shown", followingJob(), followingJob({ lostAt: START }), []],
  ["the connection is known", followingJob(), followingJob({ connectionId: "c1" }), ["updated"]],
  ["the challenge is seen", followingJob(), awaitingJob({ phase: "challenged" }), ["updated"]],
  ["the challenge is shown", awaitingJob({ phase: "challenged" }), awaitingJob(), ["mfa-required"]],
  ["it is shown with another task token", awaitingJob(), awaitingJob({ sealedTaskToken: "x" }), []],
  ["an answer is taken", awaitingJob(), awaitingJob({ phase: "answered" }), ["updated"]],
  ["nobody answers", awaitingJob(), failed(awaitingJob()), ["mfa-expired", "failed"]],
  [
    "nobody answers a further attempt",
    awaitingJob({ queue }),
    queued({ queue: { ...queue, reason: "challenge-not-answered" } }),
    ["mfa-expired", "queued"],
  ],
  ["the bank is down", followingJob(), queued(), ["queued"]],
  ["the bank is still down", queued(), queued({ attempt: 2, queue: { ...queue, nextAttemptAt: START } }), []],
  [
    "the queue waits for the user",
    queued(),
    queued({ queue: { ...queue, reason: "ready-for-user" } }),
    ["ready-for-user"],
  ],
  ["a further attempt begins", queued(), queued({ phase: "opening" }), ["updated"]],
  ["the user resumes", queued(), queued({ phase: "accepted" }), ["resumed"]],
  ["the resumed attempt begins", queued({ phase: "accepted" }), queued({ phase: "opening" }), []],
  ["the job succeeds", followingJob(), followingJob({ phase: "succeeded" }), ["succeeded"]],
  ["the job fails", followingJob(), failed(followingJob()), ["failed"]],
  ["the user cancels", queued(), failed(queued(), JOB_CANCELLED), ["cancelled"]],
];

describe("a write makes the events of its change", () => {
  test.each(WRITES)("when %s", (_, before, after, types) => {
    expect(eventTypesOf(before, { ...after, version: before.version + 1 })).toEqual(types);
  });

  test("and none without a new version, as when the sweeper postpones a check", () => {
    expect(eventTypesOf(followingJob(), failed({ ...followingJob(), sweepAt: LATER }))).toEqual([]);
  });
});

test("the count of events goes on from the row's, and from 0 for a row of an earlier version", () => {
  const after = failed(awaitingJob({ version: 6 }));
  expect(eventCountAfter(awaitingJob(), after)).toBe(2);
  expect(eventCountAfter(awaitingJob({ eventCount: 4 }), after)).toBe(6);
});
