import { describe, expect, test } from "vitest";
import { TEMPORARY_UNAVAILABLE } from "../../functions/jobs/domain/failures.ts";
import {
  failCurrentStep,
  initialSteps,
  isOver,
  mergeSteps,
  settleUnlisted,
  statusOf,
  verdict,
} from "../../functions/jobs/domain/steps.ts";
import { PLAIN, stepsOf, WITH_MFA } from "../support/job-examples.ts";

describe("the steps of a new job", () => {
  test.each(["user", "token"] as const)("of authorization %s hold no challenge", (authorization) => {
    expect(initialSteps(authorization)).toEqual(stepsOf(PLAIN));
  });

  test.each(["user-mfa", "user-mfa-intermittent"] as const)("of %s show one from the start", (each) => {
    expect(initialSteps(each)).toEqual(stepsOf(WITH_MFA));
  });
});

describe("merging", () => {
  test("takes what upstream is ahead in and keeps what it is behind in", () => {
    const ours = stepsOf({ a: "success", b: "in-progress", c: "pending" });
    const seen = stepsOf({ a: "in-progress", b: "failed", c: "in-progress" });
    expect(mergeSteps(ours, seen)).toEqual(stepsOf({ a: "success", b: "failed", c: "in-progress" }));
  });

  test("takes a new result of a step that is not over", () => {
    const result = { type: "link", url: "/users/u/connections/c" } as const;
    const seen = [{ title: "a", status: "in-progress", result } as const];
    expect(mergeSteps(stepsOf({ a: "in-progress" }), seen)).toEqual(seen);
  });

  test("are not taken over when they would become more than any job has", () => {
    const many = (prefix: string) =>
      stepsOf(Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`${prefix}${index}`, "pending"])));
    const first = mergeSteps(many("a"), many("b"));
    expect(first).toHaveLength(40);
    expect(mergeSteps(first, many("c"))).toEqual(first);
  });

  test("does not take a new result of a step that is over", () => {
    const seen = [{ title: "a", status: "failed", result: TEMPORARY_UNAVAILABLE } as const];
    expect(mergeSteps(stepsOf({ a: "success" }), seen)).toEqual(stepsOf({ a: "success" }));
  });

  test("keeps a step that upstream does not list before the one that followed it", () => {
    const seen = stepsOf({ ...PLAIN, "retrieve-statements": "pending" });
    expect(mergeSteps(stepsOf(WITH_MFA), seen).map(({ title }) => title)).toEqual([
      "verify-credentials",
      "mfa-challenge",
      "retrieve-accounts",
      "retrieve-transactions",
      "retrieve-statements",
    ]);
  });

  test("puts a step that upstream adds where upstream has it", () => {
    const seen = stepsOf({ a: "pending", new: "pending", b: "pending" });
    expect(mergeSteps(stepsOf({ a: "pending", b: "pending" }), seen)).toEqual(seen);
  });

  test("takes the first of two steps of one title", () => {
    const seen = [...stepsOf({ a: "in-progress" }), ...stepsOf({ a: "success" })];
    expect(mergeSteps(stepsOf({ a: "pending" }), seen)).toEqual(stepsOf({ a: "in-progress" }));
  });
});

describe("a challenge that upstream never lists", () => {
  const settle = (seen: Parameters<typeof stepsOf>[0]) =>
    statusOf(settleUnlisted(mergeSteps(stepsOf(WITH_MFA), stepsOf(seen)), stepsOf(seen)), "mfa-challenge");

  test("is skipped once upstream is past its place", () => {
    expect(settle({ ...PLAIN, "verify-credentials": "success", "retrieve-accounts": "in-progress" })).toBe(
      "skipped",
    );
  });

  test("is skipped when all that upstream lists is done", () => {
    expect(settle({ "verify-credentials": "success" })).toBe("skipped");
  });

  test.each([
    ["the login is being verified", { ...PLAIN, "verify-credentials": "in-progress" }],
    ["the login is verified and nothing follows yet", { ...PLAIN, "verify-credentials": "success" }],
    ["the login failed", { "verify-credentials": "failed" }],
  ] as const)("stays pending while %s", (_, seen) => {
    expect(settle(seen)).toBe("pending");
  });

  test("is left alone when upstream lists it", () => {
    expect(settle({ ...WITH_MFA, "retrieve-accounts": "in-progress" })).toBe("pending");
  });

  test("is left alone when it is over", () => {
    const ours = stepsOf({ "mfa-challenge": "success", b: "success" });
    expect(settleUnlisted(ours, stepsOf({ b: "success" }))).toEqual(ours);
  });
});

describe("failing", () => {
  test.each([
    [
      { a: "pending", b: "pending" },
      { a: "failed", b: "pending" },
    ],
    [
      { a: "in-progress", b: "pending" },
      { a: "failed", b: "pending" },
    ],
    [
      { a: "success", b: "skipped", c: "pending" },
      { a: "success", b: "skipped", c: "failed" },
    ],
  ] as const)("%j ends the step that the job is at", (before, after) => {
    const failed = failCurrentStep(stepsOf(before), TEMPORARY_UNAVAILABLE);
    expect(failed.map(({ status }) => status)).toEqual(Object.values(after));
    const results = failed.map(({ status, result }) => (status === "failed" ? result : null));
    expect(results.filter((result) => result !== null)).toEqual([TEMPORARY_UNAVAILABLE]);
  });

  test("changes nothing when every step is over", () => {
    const done = stepsOf({ a: "success", b: "skipped" });
    expect(failCurrentStep(done, TEMPORARY_UNAVAILABLE)).toEqual(done);
  });
});

test.each([
  ["working", { a: "success", b: "pending" }],
  ["working", { a: "in-progress" }],
  ["succeeded", { a: "success", b: "skipped", c: "success" }],
  ["failed", { a: "failed", b: "pending" }],
  ["failed", { a: "success", b: "failed", c: "in-progress" }],
] as const)("the verdict is %s on %j", (expected, statuses) => {
  expect(verdict(stepsOf(statuses))).toBe(expected);
});

test.each([
  ["pending", false],
  ["in-progress", false],
  ["success", true],
  ["failed", true],
  ["skipped", true],
] as const)("a step that is %s is over: %s", (status, expected) => {
  expect(isOver(status)).toBe(expected);
});
