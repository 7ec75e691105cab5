import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { expireChallenge, showChallenge, takeAnswer } from "../../functions/jobs/domain/challenge.ts";
import { UpstreamRefused, UpstreamUnavailable } from "../../functions/jobs/domain/errors.ts";
import {
  failure,
  INTERNAL_ERROR,
  JOB_TIMED_OUT,
  OUTCOMES,
  SERVICE_UNAVAILABLE,
  TEMPORARY_UNAVAILABLE,
} from "../../functions/jobs/domain/failures.ts";
import { type Job, PHASES } from "../../functions/jobs/domain/job.ts";
import { measureChange, measureFailedCall, measureSweep } from "../../functions/jobs/domain/measurements.ts";
import {
  MEASURED_STEPS,
  METRICS,
  type Measurement,
  type MetricKind,
  UPSTREAM_CALLS,
} from "../../functions/jobs/domain/metrics.ts";
import { holdChange, holdUpstreamChange } from "../../functions/jobs/domain/queue.ts";
import { STEP_STATUSES, STEP_TITLES } from "../../functions/jobs/domain/steps.ts";
import { isLegal, type JobChange, TRANSITIONS, transition } from "../../functions/jobs/domain/transitions.ts";
import { fakeClock, START } from "../support/fake-clock.ts";
import {
  awaitingJob,
  challengeOf,
  followingJob,
  jobOf,
  PLAIN,
  stepsOf,
  UPSTREAM_JOB_ID,
  WITH_MFA,
} from "../support/job-examples.ts";

const at = (seconds: number) => new Date(Date.parse(START) + seconds * 1000);
const clockAt = (seconds: number) => fakeClock(at(seconds).toISOString());
const written = ({ name, is, value }: Measurement) =>
  [name, is, value].filter((part) => part !== undefined).join(" ");

/** A job that goes through events, and the measurements of them. */
function walk(job: Job) {
  const measured: string[] = [];
  const walking = {
    measured,
    job: () => job,
    after: (seconds: number, change: JobChange | undefined) => {
      if (change === undefined) throw new Error("There is nothing to change.");
      const before = job;
      job = transition(before, change, at(seconds));
      measured.push(...[...measureChange(before, change.event, job)].map(written));
      return walking;
    },
  };
  return walking;
}

type Statuses = Parameters<typeof stepsOf>[0];
const started: JobChange = { event: "attemptStarted", changes: { attempt: 1 } };
const opened: JobChange = { event: "connectionOpened", changes: { upstreamJobId: UPSTREAM_JOB_ID } };
const held = (job: Job) => holdChange(job, { attempt: 1 }, clockAt(3));
const progressed = (statuses: Statuses): JobChange => ({
  event: "stepsProgressed",
  changes: { steps: stepsOf(statuses) },
});
const verified = { ...PLAIN, "verify-credentials": "success" } as const;
const done = { ...verified, "retrieve-accounts": "success", "retrieve-transactions": "success" } as const;
const verifiedMfa = { ...WITH_MFA, "verify-credentials": "success" } as const;
const succeeded: JobChange = { event: "succeeded", changes: { steps: stepsOf(done) } };

describe("a job is measured", () => {
  test("at its start, at the end of each step, and at its end", () => {
    const { measured } = walk(jobOf())
      .after(1, started)
      .after(2, opened)
      .after(3, progressed({ ...PLAIN, "verify-credentials": "in-progress" }))
      .after(5, progressed(verified))
      .after(9, progressed({ ...verified, "retrieve-accounts": "success" }))
      .after(12, succeeded);
    expect(measured).toEqual([
      "JobsStarted 1",
      "StepDuration verify-credentials 4000",
      "StepDuration retrieve-accounts 4000",
      "StepDuration retrieve-transactions 3000",
      "JobsFinished succeeded 1",
      "JobDuration succeeded 12000",
    ]);
  });

  const polled = (before: Statuses, change: JobChange) =>
    walk(jobOf({ phase: "following", stepSince: START, steps: stepsOf(before) })).after(4, change).measured;

  test("with the time of the first of several steps that ended between two polls", () => {
    expect(polled(PLAIN, succeeded)).toEqual([
      "StepDuration verify-credentials 4000",
      "JobsFinished succeeded 1",
      "JobDuration succeeded 4000",
    ]);
  });

  test("without the time of a skipped step, and with a step that the aggregator adds as other", () => {
    expect(polled(verifiedMfa, progressed({ ...verifiedMfa, "mfa-challenge": "skipped" }))).toEqual([]);
    expect(polled({ added: "in-progress" }, progressed({ added: "success" }))).toEqual([
      "StepDuration other 4000",
    ]);
  });

  test("as started once, although it is held, and without a step while it waits", () => {
    const walking = walk(jobOf()).after(1, started);
    walking.after(2, held(walking.job())).after(7202, started).after(7203, opened);
    walking.after(7205, progressed(verified));
    expect(walking.measured).toEqual([
      "JobsStarted 1",
      "AttemptsHeld 1",
      "StepDuration verify-credentials 3000",
    ]);
  });

  test("as unavailable at the end of the queue", () => {
    const walking = walk(jobOf()).after(1, started);
    walking.after(2, held(walking.job()));
    walking.after(604_800, failure(walking.job(), TEMPORARY_UNAVAILABLE));
    expect(walking.measured.slice(2)).toEqual([
      "JobsFinished unavailable 1",
      "JobDuration unavailable 604800000",
    ]);
  });
});

describe("a challenge", () => {
  const asked = () => {
    const walking = walk(jobOf({ authorization: "user-mfa", steps: stepsOf(WITH_MFA) }))
      .after(1, started)
      .after(2, opened)
      .after(4, {
        event: "challengeSeen",
        changes: { steps: stepsOf(verifiedMfa), challenge: challengeOf() },
      });
    walking.measured.length = 0;
    return walking.after(5, showChallenge(walking.job(), "c2VhbGVk", at(65)));
  };

  test("is counted once, however often it is opened, and so is its answer", () => {
    const walking = asked();
    walking.after(6, showChallenge(walking.job(), "YW5vdGhlcg==", at(66)));
    walking.after(30, takeAnswer(walking.job(), 1));
    walking
      .after(31, { event: "answerSending", changes: {} })
      .after(32, { event: "answerSent", changes: {} })
      .after(34, progressed({ ...verifiedMfa, "mfa-challenge": "success" }));
    expect(walking.measured).toEqual([
      "ChallengesOpened 1",
      "ChallengesAnswered 1",
      "StepDuration mfa-challenge 30000",
    ]);
  });

  test("that nobody answers is counted as expired, and ends the job", () => {
    const walking = asked();
    walking.after(70, expireChallenge(walking.job(), clockAt(70)));
    expect(walking.measured).toEqual([
      "ChallengesOpened 1",
      "StepDuration mfa-challenge 66000",
      "JobsFinished mfa-expired 1",
      "JobDuration mfa-expired 70000",
      "ChallengesExpired 1",
    ]);
  });

  test("that ends for another reason is not counted as expired", () => {
    const walking = asked();
    walking.after(20, failure(walking.job(), INTERNAL_ERROR));
    expect(walking.measured).not.toContain("ChallengesExpired 1");
    expect(walking.measured).toContain("JobsFinished internal 1");
  });
});

describe("a further attempt", () => {
  const queue = { nextAttemptAt: START, expiresAt: "2026-01-12T09:00:00.000Z" };
  const queued = (more: Partial<Job> = {}) => jobOf({ phase: "queued", attempt: 1, queue, ...more });
  const continued: JobChange = { event: "continuedUpstream", changes: { attempt: 2 } };
  const unanswered = awaitingJob({ attempt: 2, queue });
  const unansweredAtBank = awaitingJob({ phase: "following", attempt: 2, queue });
  const hold = (reason?: "ready-for-user" | "challenge-not-answered") => (job: Job) =>
    holdChange(job, { attempt: 2, reason }, clockAt(1));

  test.each([
    ["is no second start when a user asks for it", queued({ phase: "accepted" }), () => started, []],
    ["is no second start in the aggregator's queue", queued(), () => continued, []],
    ["is held by the bank, as the first", queued(), hold(), ["AttemptsHeld 1"]],
    ["is not held by the bank if it waits for its user", queued(), hold("ready-for-user"), []],
    ["expires if nobody answers", unanswered, hold("challenge-not-answered"), ["ChallengesExpired 1"]],
    ["blames no bank if the aggregator ends it", unansweredAtBank, hold("challenge-not-answered"), []],
  ])("%s", (_, job, change, measured) => {
    expect(walk(job).after(120, change(job)).measured).toEqual(measured);
  });
});

describe("the bank is blamed", () => {
  const BLAMED = "UpstreamErrors AU00000 1";
  const measured = (change: (job: Job) => JobChange, more: Partial<Job> = {}) =>
    walk(followingJob(more)).after(4, change(followingJob(more))).measured;

  test.each([
    ["a time-out", true, (job: Job) => failure(job, JOB_TIMED_OUT)],
    ["an outage", true, (job: Job) => failure(job, SERVICE_UNAVAILABLE)],
    ["our own error", false, (job: Job) => failure(job, INTERNAL_ERROR)],
    ["a hold", true, held],
    ["a hold in the aggregator's queue", true, (job: Job) => holdUpstreamChange(job, 1, clockAt(3))],
  ])("for %s: %s, if the aggregator has the login", (_, expected, change) => {
    expect(measured(change).includes(BLAMED)).toBe(expected);
    expect(measured(change, { upstreamJobId: undefined })).not.toContain(BLAMED);
  });

  test.each(["somebody@example.com", "Jean Dupont", "", "a".repeat(65), "AU0\n"])(
    "only by the id of an institution, not by %j",
    (institutionId) => {
      const lines = measured((job) => failure(job, JOB_TIMED_OUT), { institutionId });
      expect(lines.join()).not.toContain("UpstreamErrors");
    },
  );
});

test.each([
  ["no usable reply", new UpstreamUnavailable(), ["UpstreamFailures look 1"], true],
  ["an outage", new UpstreamRefused(503, SERVICE_UNAVAILABLE), ["UpstreamRefusals look 1"], true],
  ["a refusal", new UpstreamRefused(400, INTERNAL_ERROR), ["UpstreamRefusals look 1"], false],
  ["a refused key", new UpstreamUnavailable({ refusesOurKey: true }), ["UpstreamKeyRefusals 1"], false],
  ["our own error", new TypeError("x"), [], false],
])("a call that failed with %s is counted, and its institution if known", (_, error, counted, isBlamed) => {
  expect([...measureFailedCall("look", error)].map(written)).toEqual(counted);
  const blamed = isBlamed ? ["UpstreamErrors AU00000 1"] : [];
  expect([...measureFailedCall("look", error, "AU00000")].map(written)).toEqual([...counted, ...blamed]);
});

describe("a sweep", () => {
  const measured = (sweeping: Partial<Parameters<typeof measureSweep>[0]>) => {
    const calm = { mended: {}, failed: 0, running: { size: 0 }, queued: { size: 0 } };
    return [...measureSweep({ ...calm, ...sweeping }, at(3_600))].map(written);
  };

  test("that found no job measures 0 for everything", () => {
    expect(measured({})).toEqual([
      "JobsMended 0",
      "JobsNotSwept 0",
      "JobsRunning 0",
      "OldestRunningJob 0",
      "JobsQueued 0",
      "OldestQueuedJob 0",
    ]);
  });

  test("that did not count the jobs in the queue measures nothing of them", () => {
    expect(measured({ queued: undefined })).toHaveLength(4);
  });

  test("counts the repaired jobs, and measures the census", () => {
    const mended = { nothing: 100, started: 1, dropped: 2, restarted: 3, delivered: 4, cleaned: 5 };
    const queued = { size: 2_000, oldest: START };
    const running = { size: 3, oldest: at(3_599).toISOString() };
    expect(measured({ mended, failed: 7, queued, running })).toEqual([
      "JobsMended 15",
      "JobsNotSwept 7",
      "JobsRunning 3",
      "OldestRunningJob 1000",
      "JobsQueued 2000",
      "OldestQueuedJob 3600000",
    ]);
  });
});

describe("whatever the aggregator sends, a measurement fits the list of metrics:", () => {
  const text = fc.oneof(fc.string(), fc.constantFrom("invalid-credentials", "maintenance", "__proto__"));
  const problem = fc.record({ code: text, title: text, detail: text });
  const steps = fc.array(
    fc.record({
      title: fc.oneof(fc.string(), fc.constantFrom(...STEP_TITLES)),
      status: fc.constantFrom(...STEP_STATUSES),
      result: fc.option(problem),
    }),
    { maxLength: 6 },
  );
  const institutionId = fc.oneof(fc.string(), fc.emailAddress(), fc.constant("AU00000"));
  const job = fc.record({
    institutionId,
    phase: fc.constantFrom(...PHASES),
    upstreamJobId: fc.option(fc.string(), { nil: undefined }),
    stepSince: fc.constantFrom(START, undefined),
    steps,
  });
  const events: (keyof typeof TRANSITIONS)[] = [];
  for (const event in TRANSITIONS) if (isEvent(event)) events.push(event);

  function isEvent(name: string): name is keyof typeof TRANSITIONS {
    return Object.hasOwn(TRANSITIONS, name);
  }

  const ALLOWED: { [by: string]: readonly string[] } = {
    Outcome: OUTCOMES,
    Step: MEASURED_STEPS,
    Call: UPSTREAM_CALLS,
  };

  function fits({ name, unit, value, by, is = "" }: Measurement): boolean {
    const kind: MetricKind = METRICS[name];
    const isAllowed = by === "Institution" ? /^[\w-]{1,64}$/.test(is) : ALLOWED[by ?? ""]?.includes(is);
    return kind.unit === unit && kind.by === by && (isAllowed ?? is === "") && value >= 0;
  }

  test("of every event of a job, with one value of each dimension", () => {
    let measurements = 0;
    fc.assert(
      fc.property(job, fc.constantFrom(...events), steps, fc.nat(1e9), (row, event, after, laterMs) => {
        fc.pre(isLegal(event, row.phase));
        const before = jobOf(row);
        const changed = transition(before, { event, changes: { steps: after } }, at(laterMs / 1000));
        const measured = [...measureChange(before, event, changed)];
        measurements += measured.length;
        expect(measured.filter((each) => !fits(each))).toEqual([]);
        const values = new Map(measured.map(({ by, is }) => [by, is]));
        for (const { by, is } of measured) expect(values.get(by)).toBe(is);
      }),
      { numRuns: 500 },
    );
    expect(measurements).toBeGreaterThan(100);
  });

  test("of every refused call", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...UPSTREAM_CALLS),
        fc.nat(),
        problem,
        institutionId,
        (call, status, words, id) => {
          const measured = [...measureFailedCall(call, new UpstreamRefused(status, words), id)];
          expect(measured.length).toBeGreaterThan(0);
          expect(measured.filter((each) => !fits(each))).toEqual([]);
        },
      ),
    );
  });
});
