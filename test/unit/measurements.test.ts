import { describe, expect, test } from "vitest";
import { expireChallenge, showChallenge, takeAnswer } from "../../functions/jobs/domain/challenge.ts";
import { INTERNAL_ERROR, SERVICE_UNAVAILABLE } from "../../functions/jobs/domain/failures.ts";
import {
  at,
  failed,
  held,
  opened,
  started,
  stepsAre,
  verified,
  verifiedMfa,
  walk,
} from "../support/captured-output.ts";
import { fakeClock, START } from "../support/fake-clock.ts";
import { challengeOf, jobOf, PLAIN, stepsOf, WITH_MFA } from "../support/job-examples.ts";

test("a plain job is started, goes through its steps, and is finished", () => {
  const { measured } = walk(jobOf())
    .after(1, started)
    .after(2, opened)
    .after(3, stepsAre("stepsProgressed", { ...PLAIN, "verify-credentials": "in-progress" }))
    .after(5, stepsAre("stepsProgressed", verified))
    .after(9, stepsAre("stepsProgressed", { ...verified, "retrieve-accounts": "success" }))
    .after(
      12,
      stepsAre("succeeded", {
        ...verified,
        "retrieve-accounts": "success",
        "retrieve-transactions": "success",
      }),
    );
  expect(measured).toEqual([
    "JobsStarted 1",
    "StepDuration verify-credentials 4000",
    "StepDuration retrieve-accounts 4000",
    "StepDuration retrieve-transactions 3000",
    "JobsFinished succeeded 1",
    "JobDuration succeeded 12000",
  ]);
});

test("of steps that ended between two looks only the first one's time is known", () => {
  const { measured } = walk(jobOf({ phase: "following", stepSince: START })).after(4, {
    ...stepsAre("succeeded", {
      "verify-credentials": "success",
      "retrieve-accounts": "success",
      "retrieve-transactions": "success",
    }),
  });
  expect(measured.filter((line) => line.startsWith("Step"))).toEqual([
    "StepDuration verify-credentials 4000",
  ]);
});

test("a step that was skipped took no time, and one that upstream adds goes under no name of its own", () => {
  const skipped = { ...verifiedMfa, "mfa-challenge": "skipped" } as const;
  const following = jobOf({ phase: "following", stepSince: START });
  const atChallenge = walk({ ...following, steps: stepsOf(verifiedMfa) });
  expect(atChallenge.after(2, stepsAre("stepsProgressed", skipped)).measured).toEqual([]);
  const added = walk({ ...following, steps: stepsOf({ "retrieve-statements": "in-progress" }) });
  const { measured } = added.after(2, stepsAre("stepsProgressed", { "retrieve-statements": "success" }));
  expect(measured).toEqual(["StepDuration other 2000"]);
});

describe("a job whose bank asks", () => {
  const asked = () => {
    const walking = walk(jobOf({ authorization: "user-mfa", steps: stepsOf(WITH_MFA) }))
      .after(1, started)
      .after(2, opened)
      .after(4, {
        event: "challengeSeen",
        changes: { ...stepsAre("challengeSeen", verifiedMfa).changes, challenge: challengeOf() },
      });
    return walking.after(5, showChallenge(walking.job(), "c2VhbGVk", at(65)));
  };

  test("counts the challenge once, however often it is shown, and the answer", () => {
    const walking = asked();
    walking.after(6, showChallenge(walking.job(), "YW5vdGhlcg==", at(66)));
    walking.after(30, takeAnswer(walking.job(), 1));
    walking
      .after(31, { event: "answerSending", changes: {} })
      .after(32, { event: "answerSent", changes: {} });
    walking.after(34, stepsAre("stepsProgressed", { ...verifiedMfa, "mfa-challenge": "success" }));
    expect(walking.measured).toEqual([
      "JobsStarted 1",
      "StepDuration verify-credentials 3000",
      "ChallengesOpened 1",
      "ChallengesAnswered 1",
      "StepDuration mfa-challenge 30000",
    ]);
  });

  test("counts a challenge that nobody answered, as the job's end too", () => {
    const walking = asked();
    walking.after(70, expireChallenge(walking.job(), fakeClock(at(70).toISOString())));
    expect(walking.measured.slice(2)).toEqual([
      "ChallengesOpened 1",
      "StepDuration mfa-challenge 66000",
      "JobsFinished mfa-expired 1",
      "JobDuration mfa-expired 70000",
      "ChallengesExpired 1",
    ]);
  });

  test("counts no challenge as expired that ended for another reason", () => {
    const walking = asked();
    walking.after(20, failed(walking.job(), INTERNAL_ERROR));
    expect(walking.measured).not.toContain("ChallengesExpired 1");
    expect(walking.measured).toContain("JobsFinished internal 1");
  });
});

describe("a job that is held", () => {
  test("is started once, and its step runs anew in the next attempt", () => {
    const { measured } = walk(jobOf())
      .after(1, started)
      .after(2, held)
      .after(7202, started)
      .after(7203, opened)
      .after(7205, stepsAre("stepsProgressed", verified));
    expect(measured).toEqual(["JobsStarted 1", "AttemptsHeld 1", "StepDuration verify-credentials 3000"]);
  });

  test("is the bank's error when upstream had taken the login", () => {
    const { measured } = walk(jobOf()).after(1, started).after(2, opened).after(4, held);
    expect(measured).toEqual(["JobsStarted 1", "AttemptsHeld 1", "UpstreamErrors AU00000 1"]);
  });

  test("is measured at its end without a step, since none ran", () => {
    const walking = walk(jobOf()).after(1, started).after(2, held);
    walking.after(10, failed(walking.job(), SERVICE_UNAVAILABLE));
    expect(walking.measured.slice(2)).toEqual([
      "JobsFinished unavailable 1",
      "JobDuration unavailable 10000",
    ]);
  });
});
