import { describe, expect, test } from "vitest";
import { UpstreamUnavailable } from "../../functions/jobs/domain/errors.ts";
import {
  INTERNAL_ERROR,
  JOB_TIMED_OUT,
  MFA_EXPIRED,
  TEMPORARY_UNAVAILABLE,
} from "../../functions/jobs/domain/failures.ts";
import {
  blamesTheBank,
  DEFAULT_FOLLOW_SLICE_SECONDS,
  decideOnPoll,
  decideOnRefusal,
  decideWithoutReply,
  endsUnanswered,
  knownAgain,
  POLL_EVERY_MS,
  waitSeconds,
  waitsUpstream,
} from "../../functions/jobs/domain/following.ts";
import {
  cannotArrive,
  IN_FLIGHT_MS,
  isOverdue,
  mayBeBlip,
  mayBeSentAgain,
  withPauses,
} from "../../functions/jobs/domain/sending.ts";
import { failCurrentStep, type StepStatus } from "../../functions/jobs/domain/steps.ts";
import type { JobChange } from "../../functions/jobs/domain/transitions.ts";
import {
  findAttempt,
  isOfAttempt,
  isStillAsked,
  openChallenge,
  type UpstreamJob,
} from "../../functions/jobs/domain/upstream-job.ts";
import { fakeClock, START } from "../support/fake-clock.ts";
import {
  awaitingJob,
  challengeOf,
  followingJob,
  lookOf,
  PLAIN,
  question,
  stepsOf,
  WITH_MFA,
} from "../support/job-examples.ts";

const at = (seconds: number) => new Date(Date.parse(START) + seconds * 1000).toISOString();
const now = new Date(at(1));
const tooLate = new Date(at(15 * 60));
const done = {
  "verify-credentials": "success",
  "retrieve-accounts": "success",
  "retrieve-transactions": "success",
} as const;
const verified = { ...WITH_MFA, "verify-credentials": "success" } as const;
const plain = followingJob();
const mfaJob = followingJob({ authorization: "user-mfa", steps: stepsOf(WITH_MFA) });
const queue = { nextAttemptAt: "2026-01-05T11:00:00.000Z", expiresAt: "2026-01-12T09:00:00.000Z" };

describe("a poll", () => {
  test("that shows nothing new changes nothing", () => {
    expect(decideOnPoll(plain, lookOf(PLAIN), now, 5)).toBeUndefined();
  });

  test("that shows an advanced step is progress", () => {
    const seen = lookOf({ ...PLAIN, "verify-credentials": "in-progress" });
    expect(decideOnPoll(plain, seen, now, 5)).toEqual({
      event: "stepsProgressed",
      changes: { steps: seen.steps, connectionId: undefined },
    });
  });

  test("that shows the connection for the first time is progress, and never replaces it", () => {
    const seen = lookOf(PLAIN, { connectionId: "8fce3b" });
    const change = decideOnPoll(plain, seen, now, 5);
    expect(change).toMatchObject({ event: "stepsProgressed", changes: { connectionId: "8fce3b" } });
    expect(decideOnPoll(followingJob({ connectionId: "first" }), seen, now, 5)).toBeUndefined();
  });

  test("that shows all steps done ends the job as succeeded, however late", () => {
    expect(decideOnPoll(plain, lookOf(done), tooLate, 0)?.event).toBe("succeeded");
  });

  test("that shows a failed step ends the job, with the aggregator's texts", () => {
    const steps = failCurrentStep(stepsOf(PLAIN), TEMPORARY_UNAVAILABLE);
    const change = decideOnPoll(plain, lookOf(PLAIN, { steps }), now, 5);
    expect(change).toEqual({ event: "failed", changes: { steps, connectionId: undefined } });
  });

  test("after the time limit fails the current step, and keeps everything new", () => {
    const seen = { ...PLAIN, "verify-credentials": "success" } as const;
    expect(decideOnPoll(plain, lookOf(seen, { connectionId: "8fce3b" }), tooLate, 0)).toEqual({
      event: "failed",
      changes: { steps: failCurrentStep(stepsOf(seen), JOB_TIMED_OUT), connectionId: "8fce3b" },
    });
  });

  test("of a bank that may ask, but did not, skips the challenge", () => {
    const change = decideOnPoll(mfaJob, lookOf(done), now, 5);
    expect(change?.event).toBe("succeeded");
    expect(change?.changes.steps).toEqual(stepsOf({ ...WITH_MFA, ...done, "mfa-challenge": "skipped" }));
  });

  test("that failed changes nothing before the time limit, and fails the job from then on", () => {
    expect(decideWithoutReply(plain, new Date(tooLate.getTime() - 1))).toBeUndefined();
    expect(decideWithoutReply(plain, tooLate)?.event).toBe("failed");
    expect(decideWithoutReply({ ...plain, followUntil: undefined }, new Date(8.64e15))).toBeUndefined();
  });
});

describe("a poll that shows a challenge", () => {
  const challenge = { ...question, input: ["OTP Password"] };
  const asking = lookOf({ ...verified, "mfa-challenge": "in-progress" }, { challenge, updated: "u1" });

  test("numbers it, and leaves its step pending until the job can accept an answer", () => {
    expect(decideOnPoll(mfaJob, asking, now, 5)).toEqual({
      event: "challengeSeen",
      changes: {
        steps: stepsOf(verified),
        connectionId: undefined,
        followLeftMs: 5,
        challenge: { ...challenge, number: 1, upstreamUpdated: "u1" },
      },
    });
  });

  test("after an answered challenge continues the numbers, and leaves the step in progress", () => {
    const job = { ...mfaJob, challenge: challengeOf({ isAnswered: true }), steps: asking.steps };
    const change = decideOnPoll(job, asking, now, 5);
    expect(change?.changes.challenge).toMatchObject({ number: 2 });
    expect(change?.changes.challenge).not.toHaveProperty("isAnswered");
    expect(change?.changes.steps).toEqual(asking.steps);
  });

  test("that is answered changes nothing until the aggregator's job changes", () => {
    const answered = challengeOf({ isAnswered: true, upstreamUpdated: asking.updated });
    const job = { ...mfaJob, challenge: answered, steps: asking.steps };
    expect(decideOnPoll(job, asking, now, 5)).toBeUndefined();
    expect(decideOnPoll(job, { ...asking, updated: "u2" }, now, 5)?.event).toBe("challengeSeen");
    const undated = { ...job, challenge: { ...answered, upstreamUpdated: "" } };
    expect(decideOnPoll(undated, { ...asking, updated: "" }, now, 5)?.event).toBe("challengeSeen");
  });

  test("that is answered lingers for a while in the same words, whenever the aggregator's job changed", () => {
    const answered = challengeOf({ ...challenge, isAnswered: true, lingersUntil: at(10) });
    const job = { ...mfaJob, challenge: answered, steps: asking.steps };
    const eventAt = (seconds: number, seen: UpstreamJob) =>
      decideOnPoll(job, seen, new Date(at(seconds)), 5)?.event;
    expect(eventAt(9.999, { ...asking, updated: "u2" })).toBeUndefined();
    expect(eventAt(9.999, { ...asking, updated: "" })).toBeUndefined();
    expect(eventAt(10, { ...asking, updated: "u2" })).toBe("challengeSeen");
    const others = [
      { method: "security-questions" as const },
      { description: "Once more" },
      { input: ["a", "b"] },
    ];
    for (const other of others) {
      const seen = { ...asking, updated: "u2", challenge: { ...challenge, ...other } };
      expect(eventAt(1, seen)).toBe("challengeSeen");
    }
    expect(
      eventAt(1, { ...asking, challenge: { ...challenge, expiryMs: 5 }, updated: "u2" }),
    ).toBeUndefined();
  });

  test("is still asked while the words or the time of the aggregator's job are the same", () => {
    const ours = challengeOf({ ...challenge, upstreamUpdated: "u1" });
    const inOtherWords = { ...asking, challenge: { ...challenge, description: "Once more" } };
    expect(isStillAsked(ours, { ...asking, updated: "u2" })).toBe(true);
    expect(isStillAsked(ours, inOtherWords)).toBe(true);
    expect(isStillAsked(ours, { ...inOtherWords, updated: "u2" })).toBe(false);
    expect(isStillAsked({ ...ours, upstreamUpdated: "" }, { ...inOtherWords, updated: "" })).toBe(false);
    expect(isStillAsked(ours, { ...asking, challenge: undefined })).toBe(false);
  });

  test("at an institution that never asks adds the step", () => {
    const change = decideOnPoll(plain, asking, now, 5);
    expect(change).toMatchObject({ event: "challengeSeen", changes: { steps: stepsOf(verified) } });
  });

  test("opens it even after the time limit", () => {
    expect(decideOnPoll(mfaJob, asking, tooLate, 0)?.event).toBe("challengeSeen");
  });

  test.each([
    ["pending", true],
    ["in-progress", true],
    ["success", false],
    ["failed", false],
    ["skipped", false],
  ] as const)("whose step is %s shows it as open: %s", (status, isOpen) => {
    const seen = lookOf({ ...verified, "mfa-challenge": status }, { challenge });
    expect(openChallenge(seen)).toEqual(isOpen ? challenge : undefined);
    expect(openChallenge({ ...seen, challenge: undefined })).toBeUndefined();
    expect(openChallenge({ ...seen, steps: [] })).toBeUndefined();
  });
});

describe("a poll that the aggregator refuses", () => {
  const clockAt = (seconds: number) => fakeClock(at(seconds));
  const lost = { ...plain, lostAt: at(60) };

  test("fails the job once every poll of a minute was refused, with the aggregator's words", () => {
    const first = { event: "stepsProgressed", changes: { lostAt: at(60) } };
    expect(decideOnRefusal(plain, INTERNAL_ERROR, clockAt(0))).toEqual(first);
    expect(decideOnRefusal(lost, INTERNAL_ERROR, clockAt(59.999))).toBeUndefined();
    expect(decideOnRefusal(lost, INTERNAL_ERROR, clockAt(60))).toEqual({
      event: "failed",
      changes: { steps: failCurrentStep(plain.steps, INTERNAL_ERROR) },
    });
  });

  test("is forgotten after one good look, with what that look shows", () => {
    const change: JobChange = { event: "stepsProgressed", changes: { connectionId: "8fce3b" } };
    expect(knownAgain(plain, undefined)).toBeUndefined();
    expect(knownAgain(plain, change)).toBe(change);
    expect(knownAgain(lost, undefined)).toEqual({ event: "stepsProgressed", changes: { lostAt: undefined } });
    const both = { ...change, changes: { ...change.changes, lostAt: undefined } };
    expect(knownAgain(lost, change)).toStrictEqual(both);
  });
});

describe("the aggregator's first step", () => {
  const stepIs = (status: StepStatus, code: string | undefined, title = "verify-credentials") => {
    const result = code === undefined ? null : { code, title: "Title", detail: "Detail" };
    return lookOf(PLAIN, { steps: [{ title, status, result }] });
  };
  const verifiedJob = followingJob({ steps: stepsOf({ ...PLAIN, "verify-credentials": "success" }) });

  test.each([
    [true, "failed", "service-unavailable"],
    [true, "failed", "institution-not-available"],
    [false, "failed", "invalid-credentials"],
    [false, "failed", undefined],
    [false, "pending", "service-unavailable"],
    [false, "in-progress", undefined],
  ] as const)("blames the bank: %s, when it is %s with %s", (expected, status, code) => {
    expect(blamesTheBank(followingJob(), stepIs(status, code))).toBe(expected);
    expect(blamesTheBank(followingJob(), stepIs(status, code, "retrieve-accounts"))).toBe(false);
    expect(blamesTheBank(verifiedJob, stepIs(status, code))).toBe(false);
  });

  test("does not blame the bank when the aggregator's own queue gives up", () => {
    const seen = stepIs("failed", "temporary-unavailable");
    expect(blamesTheBank(followingJob({ queue: { ...queue, isUpstreams: true } }), seen)).toBe(false);
    expect(blamesTheBank(followingJob({ queue }), seen)).toBe(true);
  });

  test.each([
    [true, "pending", "temporary-unavailable-queued"],
    [false, "pending", undefined],
    [false, "pending", "temporary-unavailable"],
    [false, "failed", "temporary-unavailable-queued"],
  ] as const)("puts the job into the aggregator's queue: %s, when it is %s with %s", (...given) => {
    const [expected, status, code] = given;
    expect(waitsUpstream(followingJob(), stepIs(status, code))).toBe(expected);
    expect(waitsUpstream(followingJob(), stepIs(status, code, "retrieve-accounts"))).toBe(false);
    expect(waitsUpstream(verifiedJob, stepIs(status, code))).toBe(false);
  });
});

test.each([
  [true, "a further attempt with MFA_EXPIRED", { queue }, MFA_EXPIRED, "failed"],
  [false, "a first attempt with MFA_EXPIRED", {}, MFA_EXPIRED, "failed"],
  [false, "a further attempt with another error", { queue }, INTERNAL_ERROR, "failed"],
  [false, "no attempt", { queue }, MFA_EXPIRED, "stepsProgressed"],
] as const)("a job goes back to the queue: %s, when a poll ends %s", (expected, _, queued, error, event) => {
  const job = awaitingJob({ phase: "following", attempt: 2, ...queued });
  const change: JobChange = { event, changes: { steps: failCurrentStep(job.steps, error) } };
  expect(endsUnanswered(job, change)).toBe(expected);
  expect(endsUnanswered(job, { event: "failed", changes: {} })).toBe(false);
});

describe("the upstream job of an attempt whose reply was lost", () => {
  const attempt = { institutionId: "AU00000", startedAt: START, knownUpstreamJobIds: ["known"] };
  const listed = (id: string, created: string, more: Partial<UpstreamJob> = {}) =>
    lookOf({}, { id, created, ...more });
  const find = (jobs: UpstreamJob[], connectionId?: string) =>
    findAttempt(jobs, { ...attempt, connectionId })?.id;

  test("is the newest job since the attempt began, or the first listed of two of one second", () => {
    expect(find([listed("a", at(1)), listed("c", at(3)), listed("b", at(2))])).toBe("c");
    expect(find([listed("newer", at(1)), listed("older", at(1))])).toBe("newer");
    expect(find([listed("a", "2026-01-05T09:00:02Z"), listed("b", at(1.9))])).toBe("a");
  });

  test.each([
    ["no job is listed", []],
    ["it is of another institution", [listed("x", at(1), { institutionId: "AU00002" })]],
    ["it is of no institution", [listed("x", at(1), { institutionId: undefined })]],
    ["it is known from an earlier attempt", [listed("known", at(1))]],
    ["it is older than the difference of two clocks", [listed("old", at(-60.001))]],
  ])("is not found when %s", (_, jobs) => {
    expect(find(jobs)).toBeUndefined();
  });

  test.each([at(-60), "", "yesterday"])("may be dated %j", (created) => {
    expect(find([listed("a", created)])).toBe("a");
  });

  const about = (id: string, connectionId: string | undefined, seconds = 1) =>
    listed(id, at(seconds), { connectionId });

  test("is about the connection of an update or refresh, or does not name one", () => {
    expect(find([about("x", "other", 2), about("a", "ours")], "ours")).toBe("a");
    expect(find([about("x", "other")], "ours")).toBeUndefined();
    expect(find([about("a", undefined)], "ours")).toBe("a");
  });

  test("of a create is about a connection that existed before only if there is no other", () => {
    const older = [about("older", "existing", -600), about("undated", undefined, -600)];
    expect(find([about("of-existing", "existing", 5), about("a", "new"), ...older])).toBe("a");
    expect(find([about("of-existing", "existing", 5), about("a", undefined), ...older])).toBe("a");
    expect(find([about("a", "existing", 5), about("b", "existing"), ...older])).toBe("a");
  });

  test.each([
    ["began with it", at(0), "a", true],
    ["began within the difference of two clocks", at(-60), "a", true],
    ["began before it", at(-60.001), "a", false],
    ["does not say when it began", "", "a", true],
    ["was known before", at(1), "known", false],
  ])("may be the job that the aggregator names instead of taking a login, if it %s", (...given) => {
    const [, created, id, expected] = given;
    expect(isOfAttempt({ id, created }, attempt)).toBe(expected);
  });
});

describe("a request that was sent", () => {
  test("may be sent again once it has arrived, or if nothing of it is in transit", () => {
    const sendAgainAt = new Date(IN_FLIGHT_MS).toISOString();
    expect(mayBeSentAgain({ sendAgainAt }, new Date(IN_FLIGHT_MS - 1))).toBe(false);
    expect(mayBeSentAgain({ sendAgainAt }, new Date(IN_FLIGHT_MS))).toBe(true);
    expect(mayBeSentAgain({}, new Date(0))).toBe(true);
  });

  test("is not sent any more after 4 minutes of one attempt", () => {
    expect(isOverdue({ attemptAt: START }, fakeClock(at(240)).msUntil)).toBe(false);
    expect(isOverdue({ attemptAt: START }, fakeClock(at(240.001)).msUntil)).toBe(true);
    expect(isOverdue({}, fakeClock(at(1e6)).msUntil)).toBe(false);
  });

  test("is sent again after an outage for one minute of a first attempt, and never in the queue", () => {
    const soon = fakeClock(at(59.999)).msUntil;
    expect(mayBeBlip({ attemptAt: START }, soon)).toBe(true);
    expect(mayBeBlip({ attemptAt: START }, fakeClock(at(60)).msUntil)).toBe(false);
    expect(mayBeBlip({ attemptAt: START, queue }, soon)).toBe(false);
    expect(mayBeBlip({}, soon)).toBe(false);
  });

  describe("while the aggregator asks for pauses", () => {
    const paused = (...pauses: (number | undefined)[]) => {
      const clock = fakeClock();
      const attempts = async () => {
        if (pauses.length === 0) return "done";
        throw new UpstreamUnavailable({ retryAfterMs: pauses.shift() });
      };
      const outcome = withPauses({ clock }, 12_000, attempts).catch((error: unknown) => error);
      return outcome.then((result) => [result, clock.now().getTime() - Date.parse(START), pauses.length]);
    };

    test("is sent again after each pause that ends in time, and returns a longer one in whole seconds", async () => {
      expect(await paused()).toEqual(["done", 0, 0]);
      expect(await paused(5_000, 7_000)).toEqual(["done", 12_000, 0]);
      expect(await paused(5_000, 7_001, 1)).toEqual([{ pauseSeconds: 8 }, 5_000, 1]);
    });

    test("is not sent again after an error without a pause", async () => {
      expect(await paused(1_000, undefined, 1)).toEqual([expect.any(UpstreamUnavailable), 1_000, 1]);
    });
  });

  test("cannot arrive any more after an error that says so", () => {
    expect(cannotArrive(new UpstreamUnavailable())).toBe(true);
    expect(cannotArrive(new UpstreamUnavailable({ mayStillArrive: true }))).toBe(false);
    expect(cannotArrive(new Error("UpstreamUnavailable"))).toBe(false);
  });
});

describe("polling", () => {
  test.each([
    [0, 1],
    [59_999, 1],
    [60_000, 5],
    [299_999, 5],
    [300_000, 15],
    [3_599_999, 15],
    [3_600_000, 60],
    [21_599_999, 60],
    [21_600_000, 180],
  ])("after %i ms waits %i s between two slices", (followedMs, expected) => {
    expect(waitSeconds(followedMs)).toBe(expected);
  });

  test("follows a job of 10 s to its end in one slice, and adds less than 2 s", () => {
    expect(DEFAULT_FOLLOW_SLICE_SECONDS * 1000).toBeGreaterThan(10_000 + POLL_EVERY_MS);
    expect(POLL_EVERY_MS).toBeLessThan(2_000);
  });
});
