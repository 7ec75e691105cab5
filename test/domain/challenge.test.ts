import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  answeredChallenge,
  answerWithinMs,
  challengeState,
  closeChallenge,
  expireChallenge,
  fateOfAnswer,
  isPast,
  isUndecided,
  packAnswers,
  refusalOfAnswer,
  repeatsDecided,
  showChallenge,
  takeAnswer,
  unpackAnswers,
  wasAnswered,
} from "../../functions/jobs/domain/challenge.ts";
import { MFA_EXPIRED } from "../../functions/jobs/domain/failures.ts";
import type { Job } from "../../functions/jobs/domain/job.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { failCurrentStep, type StepStatus } from "../../functions/jobs/domain/steps.ts";
import { fakeClock, START } from "../support/fake-clock.ts";
import {
  awaitingJob,
  challengeOf,
  jobOf,
  lookOf,
  question,
  stepsOf,
  WITH_MFA,
} from "../support/job-examples.ts";

const deadline = new Date(Date.parse(START) + 120_000);
const justBefore = new Date(deadline.getTime() - 1);
const clockAt = (moment: Date) => fakeClock(moment.toISOString());
const mfa = (status: StepStatus) =>
  stepsOf({ ...WITH_MFA, "verify-credentials": "success", "mfa-challenge": status });
const answered = challengeOf({ isAnswered: true, expiresAt: deadline.toISOString() });

describe("the state of a challenge, when an answer arrives", () => {
  test("is waiting until the deadline, and over from then on", () => {
    expect(challengeState(awaitingJob(), justBefore)).toBe("waiting");
    expect(challengeState(awaitingJob(), deadline)).toBe("over");
  });

  const asked = { steps: mfa("in-progress") };
  const expired = failCurrentStep(mfa("pending"), MFA_EXPIRED);
  test.each([
    ["taken", "its answer is stored", { ...asked, phase: "answered", challenge: answered }],
    ["taken", "its answer is being sent", { ...asked, phase: "sending-answer", challenge: answered }],
    ["taken", "the bank has its answer", { ...asked, phase: "following", challenge: answered }],
    ["not-active", "the first challenge is not shown yet", { ...asked, challenge: challengeOf() }],
    ["taken", "the second challenge is not shown yet", { ...asked, challenge: challengeOf({ number: 2 }) }],
    ["not-active", "its step has succeeded", { challenge: answered, steps: mfa("success") }],
    ["not-active", "its step has failed", { challenge: answered, steps: mfa("failed") }],
    ["not-active", "its step is pending again", { challenge: answered, steps: mfa("pending") }],
    ["over", "nobody answered in time", { phase: "failed", steps: expired }],
    ["not-active", "the bank never asked", { challenge: undefined, steps: mfa("in-progress") }],
  ] as const)("is %s when %s", (expected, _, changes) => {
    expect(challengeState(awaitingJob({ phase: "challenged", ...changes }), deadline)).toBe(expected);
  });

  test.each(["accepted", "following", "queued", "failed", "succeeded"] as const)(
    "is not-active for a job without a challenge that is %s",
    (phase) => {
      expect(challengeState(jobOf({ phase }), justBefore)).toBe("not-active");
    },
  );
});

describe("an answer", () => {
  test("marks its challenge as answered", () => {
    expect(takeAnswer(awaitingJob(), 1)).toEqual({
      event: "answerTaken",
      changes: { challenge: { ...awaitingJob().challenge, isAnswered: true } },
    });
  });

  test("is not taken for another challenge, in another phase, or without a challenge", () => {
    expect(takeAnswer(awaitingJob(), 2)).toBeUndefined();
    expect(takeAnswer(awaitingJob({ phase: "answered" }), 1)).toBeUndefined();
    expect(takeAnswer(awaitingJob({ challenge: undefined }), 1)).toBeUndefined();
  });

  test("counts for its own challenge only", () => {
    expect(wasAnswered(awaitingJob({ challenge: answered }), answered)).toBe(true);
    expect(wasAnswered(awaitingJob(), answered)).toBe(false);
    expect(wasAnswered(awaitingJob({ challenge: { ...answered, number: 2 } }), answered)).toBe(false);
  });

  test("is the same after packing and unpacking, in the order of the questions", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" })), (texts) => {
        const unpacked = unpackAnswers(packAnswers(texts.map((text) => new Secret(text))));
        expect(unpacked.map((answer) => answer.reveal())).toEqual(texts);
      }),
    );
    expect(unpackAnswers(new Secret("{}"))).toEqual([]);
  });
});

describe("the bank's decision on an answer", () => {
  const wrong = { code: "invalid-credentials", title: "Wrong code", detail: "The code is wrong." };
  const refused = failCurrentStep(mfa("pending"), wrong);
  const jobWith = (steps: Job["steps"], more: Partial<Job> = {}) =>
    awaitingJob({ phase: "following", challenge: answered, steps, ...more });

  test.each([
    [true, "its step is in progress", jobWith(mfa("in-progress"))],
    [false, "its step is over", jobWith(mfa("success"))],
    [
      false,
      "another challenge is open",
      jobWith(mfa("in-progress"), { challenge: challengeOf({ number: 2 }) }),
    ],
    [false, "there is no challenge", jobWith(mfa("in-progress"), { challenge: undefined })],
    [false, "the job is over", jobWith(mfa("in-progress"), { phase: "failed" })],
  ])("is still to come: %s, when %s", (expected, _, job) => {
    expect(isUndecided(job, 1)).toBe(expected);
  });

  test("is a refusal in its words if the step of this challenge failed after its answer", () => {
    expect(refusalOfAnswer(jobWith(refused, { phase: "failed" }), 1)).toEqual(wrong);
    expect(refusalOfAnswer(jobWith(refused), 2)).toBeUndefined();
    expect(refusalOfAnswer(jobWith(refused, { challenge: challengeOf() }), 1)).toBeUndefined();
    for (const status of ["in-progress", "success", "failed"] as const) {
      expect(refusalOfAnswer(jobWith(mfa(status)), 1)).toBeUndefined();
    }
    expect(refusalOfAnswer(jobWith([]), 1)).toBeUndefined();
  });

  test("is given again for 135 s after the answer was sent, once it was made", () => {
    const challenge = answeredChallenge(answered, clockAt(deadline));
    const later = (seconds: number) => new Date(deadline.getTime() + seconds * 1_000);
    const { lingersUntil, repeatsUntil } = challenge;
    expect([lingersUntil, repeatsUntil]).toEqual([later(10).toISOString(), later(135).toISOString()]);
    const decided = jobWith(mfa("success"), { challenge });
    expect(repeatsDecided(decided, later(134.999))).toBe(true);
    expect(repeatsDecided(decided, later(135))).toBe(false);
    expect(repeatsDecided(jobWith(refused, { challenge }), later(0))).toBe(true);
    expect(repeatsDecided(jobWith(mfa("in-progress"), { challenge }), later(0))).toBe(false);
    expect(repeatsDecided(jobWith(mfa("success")), later(0))).toBe(false);
    const unanswered = { ...challenge, isAnswered: undefined };
    expect(repeatsDecided(jobWith(mfa("success"), { challenge: unanswered }), later(0))).toBe(false);
  });
});

describe("a challenge that the aggregator closes", () => {
  test.each([
    [undefined, 180_000],
    [179_999, 180_000],
    [180_001, 180_001],
  ])("with %s ms left to follow leads to following for %i ms", (followLeftMs, expected) => {
    const followUntil = new Date(deadline.getTime() + expected).toISOString();
    const job = awaitingJob({ followLeftMs, sealedTaskToken: "old" });
    const changes = { followUntil, sealedTaskToken: "sealed" };
    expect(closeChallenge(job, clockAt(deadline), "sealed")).toEqual({ event: "challengeClosed", changes });
    expect(closeChallenge(job, clockAt(deadline)).changes).toStrictEqual({
      followUntil,
      sealedTaskToken: undefined,
    });
  });
});

describe("opening a challenge to the user", () => {
  const challenged = awaitingJob({ phase: "challenged", challenge: challengeOf(), steps: mfa("pending") });

  test("sets the deadline, the task token and the step", () => {
    expect(showChallenge(challenged, "sealed", deadline)).toEqual({
      event: "challengeOpened",
      changes: {
        challenge: challengeOf({ expiresAt: deadline.toISOString() }),
        sealedTaskToken: "sealed",
        steps: mfa("in-progress"),
      },
    });
  });

  test("a second time takes the new task token and keeps the deadline", () => {
    const shown = showChallenge(awaitingJob(), "another", new Date(deadline.getTime() + 999_000));
    expect(shown?.changes.sealedTaskToken).toBe("another");
    expect(shown?.changes.challenge).toEqual(awaitingJob().challenge);
  });

  test.each(["following", "answered", "sending-answer", "failed", "succeeded"] as const)(
    "changes nothing in a job that is %s",
    (phase) => {
      expect(showChallenge({ ...challenged, phase }, "sealed", deadline)).toBeUndefined();
    },
  );

  test("changes nothing in a job without a challenge", () => {
    expect(showChallenge({ ...challenged, challenge: undefined }, "sealed", deadline)).toBeUndefined();
  });
});

describe("whether the aggregator has received an answer", () => {
  const asking = lookOf({ "mfa-challenge": "in-progress" }, { challenge: { ...question, input: ["Code"] } });

  test.each([
    ["not-received", "asks the same, unchanged", asking],
    ["received", "has changed", { ...asking, updated: "2026-01-05T09:00:07Z" }],
    ["received", "asks nothing", { ...asking, challenge: undefined }],
    ["received", "has ended the step", { ...asking, steps: stepsOf({ "mfa-challenge": "failed" }) }],
  ])("is %s when its job %s", (expected, _, seen) => {
    expect(fateOfAnswer(answered, seen)).toBe(expected);
  });

  test("is received when its job does not say when it changed", () => {
    expect(fateOfAnswer({ ...answered, upstreamUpdated: "" }, { ...asking, updated: "" })).toBe("received");
  });
});

describe("the time to answer", () => {
  test.each([
    [-5, 60_000],
    [3_600, 60_000],
    [60_000, 60_000],
    [120_000, 120_000],
    [900_000, 900_000],
    [3_600_000, 900_000],
  ])("for an expiryMs of %i is %i ms", (expiryMs, expected) => {
    expect(answerWithinMs(expiryMs)).toBe(expected);
  });
});

describe("a challenge that nobody answers", () => {
  const queue = { nextAttemptAt: START, expiresAt: "2026-01-12T09:00:00.000Z" };

  test("fails its step at the deadline, and not before", () => {
    expect(expireChallenge(awaitingJob(), clockAt(justBefore))).toBeUndefined();
    expect(expireChallenge(awaitingJob(), clockAt(deadline))).toEqual({
      event: "failed",
      changes: { steps: failCurrentStep(awaitingJob().steps, MFA_EXPIRED) },
    });
  });

  test("does not end a job that has its answer", () => {
    expect(expireChallenge(awaitingJob({ phase: "answered" }), clockAt(deadline))).toBeUndefined();
  });

  test("never expires without a deadline", () => {
    expect(isPast(awaitingJob({ challenge: challengeOf() }), new Date(8.64e15))).toBe(false);
  });

  test("returns a further attempt's job to the queue, with the reason and the count", () => {
    expect(expireChallenge(awaitingJob({ attempt: 2, queue }), clockAt(justBefore))).toBeUndefined();
    expect(expireChallenge(awaitingJob({ attempt: 2, queue }), clockAt(deadline))).toMatchObject({
      event: "attemptHeld",
      changes: {
        attempt: 2,
        steps: stepsOf(WITH_MFA),
        queue: { reason: "challenge-not-answered", unanswered: 1, expiresAt: queue.expiresAt },
      },
    });
  });

  test("fails the job when the attempt was the last one", () => {
    const change = expireChallenge(awaitingJob({ attempt: 85, queue }), clockAt(deadline));
    expect(change?.event).toBe("failed");
    expect(change?.changes.steps?.[1]?.result).toEqual(MFA_EXPIRED);
  });
});
