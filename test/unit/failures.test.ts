import { describe, expect, test } from "vitest";
import * as errors from "../../functions/jobs/domain/errors.ts";
import {
  failureFor,
  INTERNAL_ERROR,
  isOutage,
  JOB_CANCELLED,
  JOB_TIMED_OUT,
  MFA_EXPIRED,
  SERVICE_UNAVAILABLE,
  TEMPORARY_UNAVAILABLE,
} from "../../functions/jobs/domain/failures.ts";
import { Refusal } from "../../functions/jobs/domain/refusal.ts";

describe("the failure for an error's name", () => {
  test.each([
    [new errors.InstitutionUnavailable().name, TEMPORARY_UNAVAILABLE],
    [new errors.UpstreamUnavailable().name, SERVICE_UNAVAILABLE],
    [new errors.JobChanged().name, INTERNAL_ERROR],
    [new errors.JobMissing().name, INTERNAL_ERROR],
    ["States.TaskFailed", INTERNAL_ERROR],
    ["TaskFailed", INTERNAL_ERROR],
    ["Lambda.Unknown", INTERNAL_ERROR],
    ["", INTERNAL_ERROR],
    ["constructor", INTERNAL_ERROR],
  ])("%s is worded", (name, expected) => {
    expect(failureFor(name)).toEqual(expected);
  });

  test("has the published words at the end of the queue", () => {
    expect(TEMPORARY_UNAVAILABLE).toEqual({
      code: "temporary-unavailable",
      title: "Institution temporary unavailable",
      detail: "3rd party service temporary unavailable. Please try again later.",
    });
  });

  test("has the codes that the wire lists for our own", () => {
    const own = [MFA_EXPIRED, JOB_TIMED_OUT, JOB_CANCELLED, INTERNAL_ERROR];
    expect(own.map(({ code }) => code)).toEqual([
      "mfa-expired",
      "job-timed-out",
      "job-cancelled",
      "internal-server-error",
    ]);
  });
});

describe("an outage", () => {
  test.each([
    "service-unavailable",
    "system-unavailable",
    "temporary-unavailable",
    "maintenance",
    "maintenance-error",
    "institution-not-available",
    "connector-error",
  ])("is %s", (code) => {
    expect(isOutage(code)).toBe(true);
  });

  test.each(["invalid-credentials", "account-not-accessible-requires-user-action", "mfa-expired", ""])(
    "is not %s",
    (code) => {
      expect(isOutage(code)).toBe(false);
    },
  );
});

describe("errors", () => {
  test.each([
    ["UpstreamUnavailable", new errors.UpstreamUnavailable(), true],
    ["InstitutionUnavailable", new errors.InstitutionUnavailable(), true],
    ["JobChanged", new errors.JobChanged(), true],
    ["UpstreamRefused", new errors.UpstreamRefused(400, INTERNAL_ERROR), false],
    ["DependencyDown", new errors.DependencyDown(), false],
    ["JobMissing", new errors.JobMissing(), true],
    ["Refusal", new Refusal("not-json"), false],
  ] as const)("%s has a name that the workflow can compare", (name, error, isExpected) => {
    expect(error.name).toBe(name);
    expect(errors.isExpectedByWorkflow(error.name)).toBe(isExpected);
  });

  test("do not carry upstream's words in their message", () => {
    const problem = { code: "code-x", title: "title-x", detail: "detail-x" };
    expect(new errors.UpstreamRefused(400, problem).message).not.toMatch(/-x/);
  });

  test("keep every problem of a refusal, in its order", () => {
    const more = { reason: "field-missing", field: "password" } as const;
    const refusal = new Refusal({ reason: "field-missing", field: "loginId" }, more);
    expect(refusal.problems.map(({ field }) => field)).toEqual(["loginId", "password"]);
    expect(refusal.message).toBe("field-missing");
  });
});
