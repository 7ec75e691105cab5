import { describe, expect, test } from "vitest";
import { endedAttempt } from "../../../../functions/institutions/domain/attempt.ts";
import {
  CREDENTIALS_REFUSED,
  failure,
  INTERNAL_ERROR,
  JOB_CANCELLED,
  JOB_TIMED_OUT,
  MFA_EXPIRED,
  SERVICE_UNAVAILABLE,
  TEMPORARY_UNAVAILABLE,
  USER_ACTION_REQUIRED,
  USER_LEFT,
} from "../../../../functions/jobs/domain/failures.ts";
import type { Job } from "../../../../functions/jobs/domain/job.ts";
import { holdChange, holdUpstreamChange } from "../../../../functions/jobs/domain/queue.ts";
import { type JobChange, transition } from "../../../../functions/jobs/domain/transitions.ts";
import { fakeClock, START } from "../../../support/fake-clock.ts";
import {
  awaitingJob,
  followingJob,
  jobOf,
  PLAIN,
  stepsOf,
  UPSTREAM_JOB_ID,
} from "../../../support/job-examples.ts";

const at = (seconds: number) => new Date(Date.parse(START) + seconds * 1000);
const clock = fakeClock(at(30).toISOString());
const written = (before: Job, change: JobChange, seconds = 30) => transition(before, change, at(seconds));
const resultOf = (before: Job, change: JobChange, seconds?: number) =>
  endedAttempt(before, written(before, change, seconds))?.result;

const error = (code: string) => ({ code, title: "From the aggregator", detail: "In its own words." });
const opening = jobOf({ phase: "opening", version: 2, attempt: 1, attemptAt: START });
const queue = { nextAttemptAt: START, expiresAt: at(7 * 24 * 3600).toISOString() };
const verified = stepsOf({ ...PLAIN, "verify-credentials": "success" });
const done = stepsOf({
  "verify-credentials": "success",
  "retrieve-accounts": "success",
  "retrieve-transactions": "success",
});

describe("an attempt that ended", () => {
  test.each([
    ["succeeded", followingJob(), { event: "succeeded", changes: { steps: done } }],
    ["institution", followingJob(), failure(followingJob(), error("institution-not-available"))],
    ["institution", followingJob(), failure(followingJob(), JOB_TIMED_OUT)],
    ["institution", opening, failure(opening, TEMPORARY_UNAVAILABLE)],
    ["aggregator", opening, failure(opening, SERVICE_UNAVAILABLE)],
    ["aggregator", followingJob(), failure(followingJob(), error("internal-server-error"))],
    ["aggregator", followingJob(), failure(followingJob(), error("something-new"))],
    ["us", followingJob(), failure(followingJob(), INTERNAL_ERROR)],
    ["user", followingJob(), failure(followingJob(), error(CREDENTIALS_REFUSED))],
    ["user", followingJob(), failure(followingJob(), error(USER_ACTION_REQUIRED))],
    ["user", awaitingJob(), failure(awaitingJob(), MFA_EXPIRED)],
    ["user", awaitingJob(), failure(awaitingJob(), error("something-new"))],
    ["user", followingJob({ kind: "adopt" }), failure(followingJob(), USER_LEFT)],
    ["user", jobOf(), failure(jobOf(), JOB_CANCELLED)],
  ] satisfies [string, Job, JobChange][])("has the result %s", (expected, before, change) => {
    expect(resultOf(before, change)).toBe(expected);
  });

  test("and waits in the queue is a failure of the bank, or of the aggregator if no login got through", () => {
    expect(resultOf(opening, holdChange(opening, { attempt: 1 }, clock))).toBe("institution");
    expect(resultOf(followingJob(), holdUpstreamChange(followingJob(), 1, clock))).toBe("institution");
    expect(resultOf(opening, holdChange(opening, { attempt: 1 }, clock), 5 * 60)).toBe("aggregator");
    const blocked = { ...opening, blocked: { upstreamJobId: UPSTREAM_JOB_ID, until: START } };
    expect(resultOf(blocked, holdChange(blocked, { attempt: 1 }, clock))).toBe("aggregator");
    const unanswered = { attempt: 2, reason: "challenge-not-answered" } as const;
    expect(resultOf(awaitingJob(), holdChange(awaitingJob(), unanswered, clock))).toBe("user");
  });

  test("has the times of the steps that succeeded, also of one that a later step's failure ended", () => {
    const begun = written(
      jobOf({ stepMs: { "retrieve-accounts": 1 } }),
      { event: "attemptStarted", changes: {} },
      0,
    );
    const opened = written(begun, { event: "connectionOpened", changes: { upstreamJobId: "1" } }, 1);
    const looked = written(opened, { event: "stepsProgressed", changes: { steps: verified } }, 3);
    const failed = written(looked, failure(looked, error("service-unavailable")), 9);
    expect(endedAttempt(looked, failed)).toMatchObject({
      stepMs: { "verify-credentials": 3000 },
      isAnswered: true,
    });
    const ended = written(looked, { event: "succeeded", changes: { steps: done } }, 7);
    expect(endedAttempt(looked, ended)?.stepMs).toEqual({
      "verify-credentials": 3000,
      "retrieve-accounts": 4000,
    });
    const held = written(looked, holdChange(looked, { attempt: 1 }, clock), 9);
    expect([held.stepMs, endedAttempt(looked, held)?.stepMs]).toEqual([
      undefined,
      { "verify-credentials": 3000 },
    ]);
  });

  test("was answered by the bank if it verified or refused the login", () => {
    const refused = failure(followingJob(), error(CREDENTIALS_REFUSED));
    const expired = failure(awaitingJob(), MFA_EXPIRED);
    const outage = failure(followingJob(), error("service-unavailable"));
    const answered = ([before, change]: [Job, JobChange]) =>
      endedAttempt(before, written(before, change))?.isAnswered;
    expect(
      [
        [followingJob(), refused],
        [awaitingJob(), expired],
        [followingJob(), outage],
      ].map((pair) => answered(pair as [Job, JobChange])),
    ).toEqual([true, true, false]);
  });

  test("has the same token whenever its write is read, and another one than other attempts of the job", () => {
    const first = written(opening, holdChange(opening, { attempt: 1 }, clock));
    const second = { ...first, version: first.version + 5 };
    expect(endedAttempt(opening, first)?.token).toBe(endedAttempt(opening, first)?.token);
    expect(endedAttempt(opening, second)?.token).not.toBe(endedAttempt(opening, first)?.token);
  });
});

describe("no attempt ends", () => {
  const queued = jobOf({ phase: "queued", version: 4, attempt: 1, queue });

  test.each([
    ["while the job goes on", followingJob(), { event: "stepsProgressed", changes: { steps: verified } }],
    [
      "when a queued job sends no login, since the record says that the bank is down",
      queued,
      holdChange(queued, { attempt: 2 }, clock),
    ],
    ["when the time in the queue is over", queued, failure(queued, TEMPORARY_UNAVAILABLE)],
    [
      "in a job without a login, such as one of a statement",
      followingJob({ kind: "adopt", steps: stepsOf({ "retrieve-accounts": "pending" }) }),
      { event: "succeeded", changes: {} },
    ],
    [
      "at a bank whose id is no id",
      followingJob({ institutionId: "AU#1" }),
      { event: "succeeded", changes: { steps: done } },
    ],
  ] satisfies [string, Job, JobChange][])("%s", (_, before, change) => {
    expect(endedAttempt(before, written(before, change))).toBeUndefined();
  });

  test("by a write without a new version", () => {
    const ended = written(followingJob(), { event: "succeeded", changes: { steps: done } });
    expect(endedAttempt({ ...ended, sweepAt: START }, ended)).toBeUndefined();
  });
});
