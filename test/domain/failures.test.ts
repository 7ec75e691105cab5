import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  isExpectedByWorkflow,
  SealBroken,
  UpstreamRefused,
  UpstreamUnavailable,
  WORKFLOW_ERRORS,
} from "../../functions/jobs/domain/errors.ts";
import {
  failureFor,
  INTERNAL_ERROR,
  JOB_CANCELLED,
  JOB_TIMED_OUT,
  MFA_EXPIRED,
  OUTCOMES,
  outcomeOf,
  SERVICE_UNAVAILABLE,
  wasCancelled,
} from "../../functions/jobs/domain/failures.ts";
import { Refusal } from "../../functions/jobs/domain/refusal.ts";
import { failCurrentStep, type StepError } from "../../functions/jobs/domain/steps.ts";
import { jobOf, PLAIN, stepsOf, WITH_MFA } from "../support/job-examples.ts";

test.each([
  ["UpstreamUnavailable", SERVICE_UNAVAILABLE],
  ["JobChanged", INTERNAL_ERROR],
  ["TaskFailed", INTERNAL_ERROR],
  ["Lambda.Unknown", INTERNAL_ERROR],
  ["", INTERNAL_ERROR],
  ["constructor", INTERNAL_ERROR],
])("an execution that ended with the error %j fails its job with %o", (name, expected) => {
  expect(failureFor(name)).toEqual(expected);
});

describe("an error", () => {
  test.each([
    [WORKFLOW_ERRORS.upstreamUnavailable, true],
    [WORKFLOW_ERRORS.jobMissing, true],
    [new SealBroken().name, false],
    [new UpstreamRefused(400, INTERNAL_ERROR).name, false],
    [new Refusal("not-json").name, false],
  ])("with the name %s is expected by the workflow: %s", (name, expected) => {
    expect(isExpectedByWorkflow(name)).toBe(expected);
  });

  test("does not have the aggregator's texts in its message", () => {
    const problem = { code: "code-x", title: "title-x", detail: "detail-x" };
    expect(new UpstreamRefused(400, problem).message).not.toMatch(/-x/);
    expect(new UpstreamUnavailable().message).not.toMatch(/-x/);
  });

  test("of several problems keeps all of them, in their order", () => {
    const more = { reason: "field-missing", field: "password" } as const;
    const refusal = new Refusal({ reason: "field-missing", field: "loginId" }, more);
    expect(refusal.problems.map(({ field }) => field)).toEqual(["loginId", "password"]);
  });
});

describe("the outcome of a job", () => {
  const errorOf = (code: string): StepError => ({ code, title: "Title", detail: "Detail" });
  const failedAt = (steps: Parameters<typeof stepsOf>[0], error: StepError) =>
    outcomeOf(jobOf({ phase: "failed", steps: failCurrentStep(stepsOf(steps), error) }));
  const challenged = { ...WITH_MFA, "verify-credentials": "success" } as const;

  test.each([
    [errorOf("invalid-credentials"), "credentials-refused", "mfa-failed"],
    [errorOf("a-code-of-the-bank"), "other", "mfa-failed"],
    [errorOf("constructor"), "other", "mfa-failed"],
    [MFA_EXPIRED, "mfa-expired", "mfa-expired"],
    [JOB_TIMED_OUT, "timed-out", "timed-out"],
    [JOB_CANCELLED, "cancelled", "cancelled"],
    [INTERNAL_ERROR, "internal", "internal"],
    [SERVICE_UNAVAILABLE, "unavailable", "unavailable"],
  ] as const)(
    "that failed with %o is %s at the login, and %s at the challenge",
    (error, login, challenge) => {
      expect(failedAt(PLAIN, error)).toBe(login);
      expect(failedAt(challenged, error)).toBe(challenge);
    },
  );

  test.each([
    "service-unavailable",
    "system-unavailable",
    "temporary-unavailable",
    "maintenance",
    "maintenance-error",
    "institution-not-available",
    "connector-error",
  ])("is unavailable for the code %s of an outage", (code) => {
    expect(failedAt(PLAIN, errorOf(code))).toBe("unavailable");
  });

  test("is succeeded if the job succeeded, whatever was skipped", () => {
    const steps = stepsOf({ "verify-credentials": "success", "mfa-challenge": "skipped" });
    expect(outcomeOf(jobOf({ phase: "succeeded", steps }))).toBe("succeeded");
  });

  test("is other without a reason, or without a failed step", () => {
    const steps = stepsOf({ ...PLAIN, "verify-credentials": "failed" });
    expect(outcomeOf(jobOf({ phase: "failed", steps }))).toBe("other");
    expect(outcomeOf(jobOf({ phase: "failed", steps: [] }))).toBe("other");
  });

  test("is one of a few, whatever the aggregator says", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (title, code, words) => {
        expect(OUTCOMES).toContain(failedAt({ [title]: "pending" }, { code, title: words, detail: words }));
      }),
    );
  });
});

test("a job was cancelled if any of its steps says so", () => {
  const cancelled = failCurrentStep(stepsOf({ ...PLAIN, "verify-credentials": "success" }), JOB_CANCELLED);
  expect(wasCancelled(jobOf({ phase: "failed", steps: cancelled }))).toBe(true);
  expect(wasCancelled(jobOf({ steps: failCurrentStep(stepsOf(PLAIN), JOB_TIMED_OUT) }))).toBe(false);
  expect(wasCancelled(jobOf())).toBe(false);
});
