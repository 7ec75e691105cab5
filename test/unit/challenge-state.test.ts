import { describe, expect, test } from "vitest";
import {
  challengeState,
  fateOfAnswer,
  showChallenge,
  takeAnswer,
  wasAnswered,
} from "../../functions/jobs/domain/challenge.ts";
import { MFA_EXPIRED } from "../../functions/jobs/domain/failures.ts";
import type { StepStatus } from "../../functions/jobs/domain/steps.ts";
import { START } from "../support/fake-clock.ts";
import {
  awaitingJob,
  challengeOf,
  jobOf,
  lookOf,
  question,
  stepsOf,
  WITH_MFA,
} from "../support/job-examples.ts";

const start = Date.parse(START);
const deadline = new Date(start + 120_000);
const justBefore = new Date(start + 119_999);

const mfa = (status: StepStatus) =>
  stepsOf({ ...WITH_MFA, "verify-credentials": "success", "mfa-challenge": status });
const answered = challengeOf({ isAnswered: true, expiresAt: deadline.toISOString() });

describe("an answer that comes now", () => {
  test("is waited for until the deadline", () => {
    expect(challengeState(awaitingJob(), justBefore)).toBe("waiting");
    expect(challengeState(awaitingJob(), deadline)).toBe("over");
  });

  test.each(["answered", "sending-answer", "following"] as const)("was taken in %s", (phase) => {
    const job = awaitingJob({ phase, challenge: answered, steps: mfa("in-progress") });
    expect(challengeState(job, deadline)).toBe("taken");
  });

  test("is not taken for a first challenge that has not been shown yet", () => {
    const job = awaitingJob({ phase: "challenged", challenge: challengeOf(), steps: mfa("in-progress") });
    expect(challengeState(job, justBefore)).toBe("not-active");
  });

  test("repeats the one before it while the next challenge has not been shown yet", () => {
    const challenge = challengeOf({ number: 2 });
    const job = awaitingJob({ phase: "challenged", challenge, steps: mfa("in-progress") });
    expect(challengeState(job, justBefore)).toBe("taken");
  });

  test.each(["accepted", "following", "queued", "failed", "succeeded"] as const)(
    "meets no challenge in %s when none was asked",
    (phase) => {
      expect(challengeState(jobOf({ phase }), justBefore)).toBe("not-active");
    },
  );

  test.each(["pending", "success", "failed", "skipped"] as const)(
    "meets none at a step that is %s",
    (status) => {
      const job = awaitingJob({ phase: "following", challenge: answered, steps: mfa(status) });
      expect(challengeState(job, justBefore)).toBe("not-active");
    },
  );

  test("is too late once nobody answered in time", () => {
    const steps = mfa("pending").map((step) =>
      step.title === "mfa-challenge" ? { ...step, status: "failed" as const, result: MFA_EXPIRED } : step,
    );
    expect(challengeState(awaitingJob({ phase: "failed", steps }), deadline)).toBe("over");
  });
});

describe("taking an answer", () => {
  test("marks the challenge", () => {
    expect(takeAnswer(awaitingJob(), 1)).toEqual({
      event: "answerTaken",
      changes: { challenge: { ...awaitingJob().challenge, isAnswered: true } },
    });
  });

  test("does nothing for another challenge, in another phase, or without one", () => {
    expect(takeAnswer(awaitingJob(), 2)).toBeUndefined();
    expect(takeAnswer(awaitingJob({ phase: "answered" }), 1)).toBeUndefined();
    expect(takeAnswer(awaitingJob({ challenge: undefined }), 1)).toBeUndefined();
  });

  test("counts for its own challenge only", () => {
    expect(wasAnswered(awaitingJob({ challenge: answered }), answered)).toBe(true);
    expect(wasAnswered(awaitingJob(), answered)).toBe(false);
    expect(wasAnswered(awaitingJob({ challenge: { ...answered, number: 2 } }), answered)).toBe(false);
  });
});

describe("showing a challenge", () => {
  const challenged = awaitingJob({ phase: "challenged", challenge: challengeOf(), steps: mfa("pending") });

  test("sets the deadline, the token and the step", () => {
    expect(showChallenge(challenged, "sealed", deadline)).toEqual({
      event: "challengeOpened",
      changes: {
        challenge: challengeOf({ expiresAt: deadline.toISOString() }),
        sealedTaskToken: "sealed",
        steps: mfa("in-progress"),
      },
    });
  });

  test("again takes the new token and keeps the deadline", () => {
    const shown = showChallenge(awaitingJob(), "another", new Date(start + 999_000));
    expect(shown?.changes.sealedTaskToken).toBe("another");
    expect(shown?.changes.challenge).toEqual(awaitingJob().challenge);
  });

  test.each(["following", "answered", "sending-answer", "failed", "succeeded"] as const)(
    "does nothing in %s",
    (phase) => {
      expect(showChallenge({ ...challenged, phase }, "sealed", deadline)).toBeUndefined();
    },
  );

  test("does nothing without one", () => {
    expect(showChallenge({ ...challenged, challenge: undefined }, "sealed", deadline)).toBeUndefined();
  });
});

describe("the fate of an answer", () => {
  const asking = lookOf({ "mfa-challenge": "in-progress" }, { challenge: { ...question, input: ["Code"] } });

  test("is not received while upstream's job still asks and has not changed", () => {
    expect(fateOfAnswer(answered, asking)).toBe("not-received");
  });

  test.each([
    ["asks something newer", { ...asking, updated: "2026-01-05T09:00:07Z" }],
    ["does not say when it changed", { ...asking, updated: "" }],
    ["asks nothing", { ...asking, challenge: undefined }],
    ["is past it", { ...asking, steps: stepsOf({ "mfa-challenge": "success" }) }],
    ["failed it", { ...asking, steps: stepsOf({ "mfa-challenge": "failed" }) }],
  ])("is received when upstream's job %s", (_, seen) => {
    expect(fateOfAnswer(answered, seen)).toBe("received");
  });
});
