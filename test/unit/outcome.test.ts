import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  INTERNAL_ERROR,
  JOB_CANCELLED,
  JOB_TIMED_OUT,
  MFA_EXPIRED,
  OUTCOMES,
  outcomeOf,
  SERVICE_UNAVAILABLE,
  TEMPORARY_UNAVAILABLE,
  wasCancelled,
} from "../../functions/jobs/domain/failures.ts";
import { failCurrentStep, type StepError } from "../../functions/jobs/domain/steps.ts";
import { jobOf, PLAIN, stepsOf, WITH_MFA } from "../support/job-examples.ts";

const errorOf = (code: string): StepError => ({ code, title: "Title", detail: "Detail" });
const failedAt = (steps: Parameters<typeof stepsOf>[0], error: StepError) =>
  outcomeOf(jobOf({ phase: "failed", steps: failCurrentStep(stepsOf(steps), error) }));
const atLogin = (error: StepError) => failedAt(PLAIN, error);
const atChallenge = (error: StepError) => failedAt({ ...WITH_MFA, "verify-credentials": "success" }, error);

describe("a job", () => {
  test("that succeeded has succeeded, whatever was skipped", () => {
    const steps = stepsOf({ "verify-credentials": "success", "mfa-challenge": "skipped" });
    expect(outcomeOf(jobOf({ phase: "succeeded", steps }))).toBe("succeeded");
  });

  test.each([
    [errorOf("invalid-credentials"), "credentials-refused"],
    [JOB_TIMED_OUT, "timed-out"],
    [JOB_CANCELLED, "cancelled"],
    [INTERNAL_ERROR, "internal"],
    [SERVICE_UNAVAILABLE, "unavailable"],
    [TEMPORARY_UNAVAILABLE, "unavailable"],
    [errorOf("maintenance"), "unavailable"],
    [errorOf("institution-not-available"), "unavailable"],
    [errorOf("account-not-accessible-requires-user-action"), "other"],
    [errorOf(""), "other"],
    [errorOf("constructor"), "other"],
  ] as const)("that failed at its login with %o", (error, outcome) => {
    expect(atLogin(error)).toBe(outcome);
  });

  test.each([
    [MFA_EXPIRED, "mfa-expired"],
    [errorOf("invalid-credentials"), "mfa-failed"],
    [errorOf("some-code-of-a-bank"), "mfa-failed"],
    [JOB_TIMED_OUT, "timed-out"],
    [JOB_CANCELLED, "cancelled"],
    [INTERNAL_ERROR, "internal"],
    [SERVICE_UNAVAILABLE, "unavailable"],
  ] as const)("that failed at its challenge with %o", (error, outcome) => {
    expect(atChallenge(error)).toBe(outcome);
  });

  test("that failed without a reason, or without a failed step, ended otherwise", () => {
    const steps = stepsOf({ ...PLAIN, "verify-credentials": "failed" });
    expect(outcomeOf(jobOf({ phase: "failed", steps }))).toBe("other");
    expect(outcomeOf(jobOf({ phase: "failed", steps: [] }))).toBe("other");
  });

  test("was cancelled at whatever step it was, and only then", () => {
    const cancelled = failCurrentStep(stepsOf({ ...PLAIN, "verify-credentials": "success" }), JOB_CANCELLED);
    expect(wasCancelled(jobOf({ phase: "failed", steps: cancelled }))).toBe(true);
    expect(wasCancelled(jobOf({ steps: failCurrentStep(stepsOf(PLAIN), JOB_TIMED_OUT) }))).toBe(false);
    expect(wasCancelled(jobOf())).toBe(false);
  });

  test("ends in one of a few ways, whatever upstream says", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (title, code, words) => {
        const steps = failCurrentStep(stepsOf({ [title]: "pending" }), { code, title: words, detail: words });
        expect(OUTCOMES).toContain(outcomeOf(jobOf({ phase: "failed", steps })));
      }),
    );
  });
});
