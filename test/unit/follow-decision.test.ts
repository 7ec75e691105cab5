import { describe, expect, test } from "vitest";
import { JOB_TIMED_OUT, TEMPORARY_UNAVAILABLE } from "../../functions/jobs/domain/failures.ts";
import { decideOnLook, decideWithoutLook } from "../../functions/jobs/domain/following.ts";
import { START } from "../support/fake-clock.ts";
import {
  challengeOf,
  followingJob,
  lookOf,
  PLAIN,
  question,
  stepsOf,
  WITH_MFA,
} from "../support/job-examples.ts";

const now = new Date(Date.parse(START) + 1000);
const tooLate = new Date(Date.parse(START) + 15 * 60_000);
const done = {
  "verify-credentials": "success",
  "retrieve-accounts": "success",
  "retrieve-transactions": "success",
} as const;
const plain = followingJob();
const mfaJob = followingJob({ authorization: "user-mfa", steps: stepsOf(WITH_MFA) });
const verified = { ...WITH_MFA, "verify-credentials": "success" } as const;
const challenge = { ...question, input: ["OTP Password"] };
const asking = lookOf({ ...verified, "mfa-challenge": "in-progress" }, { challenge, updated: "u1" });

describe("a look", () => {
  test("that shows nothing new changes nothing", () => {
    expect(decideOnLook(plain, lookOf(PLAIN), now, 5)).toBeUndefined();
  });

  test("that shows a step further is progress", () => {
    const seen = lookOf({ ...PLAIN, "verify-credentials": "in-progress" });
    expect(decideOnLook(plain, seen, now, 5)).toEqual({
      event: "stepsProgressed",
      changes: { steps: seen.steps, connectionId: undefined },
    });
  });

  test("that shows the connection for the first time is progress", () => {
    const change = decideOnLook(plain, lookOf(PLAIN, { connectionId: "8fce3b" }), now, 5);
    expect(change).toMatchObject({ event: "stepsProgressed", changes: { connectionId: "8fce3b" } });
  });

  test("never takes the connection for another one", () => {
    const job = followingJob({ connectionId: "first" });
    expect(decideOnLook(job, lookOf(PLAIN, { connectionId: "second" }), now, 5)).toBeUndefined();
  });

  test("that shows all done ends the job well, however late", () => {
    expect(decideOnLook(plain, lookOf(done), tooLate, 0)?.event).toBe("succeeded");
  });

  test("that shows a failed step ends the job, in upstream's words", () => {
    const steps = lookOf(PLAIN).steps.map((step, index) =>
      index === 0 ? { ...step, status: "failed" as const, result: TEMPORARY_UNAVAILABLE } : step,
    );
    const change = decideOnLook(plain, lookOf(PLAIN, { steps }), now, 5);
    expect(change).toEqual({ event: "failed", changes: { steps, connectionId: undefined } });
  });

  test("too late fails the step that the job is at, and keeps what is new", () => {
    const change = decideOnLook(plain, lookOf({ ...PLAIN, "verify-credentials": "success" }), tooLate, 0);
    expect(change?.event).toBe("failed");
    expect(change?.changes.steps).toEqual([
      ...stepsOf({ "verify-credentials": "success" }),
      { title: "retrieve-accounts", status: "failed", result: JOB_TIMED_OUT },
      ...stepsOf({ "retrieve-transactions": "pending" }),
    ]);
  });

  test("at an MFA institution that asks nothing skips the challenge", () => {
    const change = decideOnLook(mfaJob, lookOf(done), now, 5);
    expect(change?.event).toBe("succeeded");
    expect(change?.changes.steps).toEqual(
      stepsOf({
        "verify-credentials": "success",
        "mfa-challenge": "skipped",
        "retrieve-accounts": "success",
        "retrieve-transactions": "success",
      }),
    );
  });
});

describe("a look that shows a challenge", () => {
  test("numbers it, and shows the step as in progress only once it can be answered", () => {
    expect(decideOnLook(mfaJob, asking, now, 5)).toEqual({
      event: "challengeSeen",
      changes: {
        steps: stepsOf(verified),
        connectionId: undefined,
        followLeftMs: 5,
        challenge: { ...challenge, number: 1, upstreamUpdated: "u1" },
      },
    });
  });

  test("after an answered one counts on, and leaves the step in progress", () => {
    const job = { ...mfaJob, challenge: challengeOf({ isAnswered: true }), steps: asking.steps };
    const change = decideOnLook(job, asking, now, 5);
    expect(change?.changes.challenge).toMatchObject({ number: 2 });
    expect(change?.changes.challenge).not.toHaveProperty("isAnswered");
    expect(change?.changes.steps).toEqual(asking.steps);
  });

  test("that was answered and has not changed since is none: upstream shows it a moment longer", () => {
    const answered = challengeOf({ isAnswered: true, upstreamUpdated: asking.updated });
    const job = { ...mfaJob, challenge: answered, steps: asking.steps };
    expect(decideOnLook(job, asking, now, 5)).toBeUndefined();
    expect(decideOnLook(job, { ...asking, updated: "u2" }, now, 5)?.event).toBe("challengeSeen");
    const undated = { ...job, challenge: { ...answered, upstreamUpdated: "" } };
    expect(decideOnLook(undated, { ...asking, updated: "" }, now, 5)?.event).toBe("challengeSeen");
  });

  test("at an institution of which none was expected adds the step", () => {
    const change = decideOnLook(plain, asking, now, 5);
    expect(change).toMatchObject({ event: "challengeSeen", changes: { steps: stepsOf(verified) } });
  });

  test("comes before the time-out: the user's time is not the bank's", () => {
    expect(decideOnLook(mfaJob, asking, tooLate, 0)?.event).toBe("challengeSeen");
  });

  test("that is over already is none", () => {
    const seen = lookOf({ ...verified, "mfa-challenge": "success" }, { challenge });
    expect(decideOnLook(mfaJob, seen, now, 5)?.event).toBe("stepsProgressed");
  });
});

test("a time-out keeps the connection that the same look showed first", () => {
  const change = decideOnLook(plain, lookOf(verified, { connectionId: "8fce3b" }), tooLate, 0);
  expect(change).toMatchObject({ event: "failed", changes: { connectionId: "8fce3b" } });
});

describe("without a look", () => {
  test("time alone ends the job", () => {
    expect(decideWithoutLook(plain, new Date(tooLate.getTime() - 1))).toBeUndefined();
    expect(decideWithoutLook(plain, tooLate)?.event).toBe("failed");
  });

  test("a job without a limit goes on", () => {
    expect(decideWithoutLook({ ...plain, followUntil: undefined }, new Date(8.64e15))).toBeUndefined();
  });
});
