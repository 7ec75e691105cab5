import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TEMPORARY_UNAVAILABLE } from "../../functions/jobs/domain/failures.ts";
import { AUTHORIZATIONS } from "../../functions/jobs/domain/institution.ts";
import {
  failCurrentStep,
  initialSteps,
  isOver,
  mergeSteps,
  STEP_STATUSES,
  type Step,
  type StepStatus,
  skipUnlisted,
  statusOf,
  verdict,
} from "../../functions/jobs/domain/steps.ts";
import { PLAIN, stepsOf, WITH_MFA } from "../support/job-examples.ts";

const RANKS: { [status in StepStatus]: number } = {
  pending: 0,
  "in-progress": 1,
  success: 2,
  failed: 2,
  skipped: 2,
};

const afterPoll = (ours: readonly Step[], seen: readonly Step[]) =>
  skipUnlisted(mergeSteps(ours, seen), seen);
const titlesOf = (steps: readonly Step[]) => steps.map(({ title }) => title);

test.each([
  ["user", PLAIN],
  ["token", PLAIN],
  ["user-mfa", WITH_MFA],
  ["user-mfa-intermittent", WITH_MFA],
] as const)("a new job at an institution of authorization %s has the steps %o", (authorization, steps) => {
  expect(initialSteps(authorization)).toEqual(stepsOf(steps));
});

describe("after polls with any steps, in any order, doubled or missing", () => {
  const title = fc.constantFrom("verify-credentials", "mfa-challenge", "retrieve-accounts", "x", "y");
  const text = fc.string();
  const result = fc.oneof(
    fc.constant(null),
    fc.record({ code: text, title: text, detail: text }),
    fc.record({ type: fc.constant("link" as const), url: text }),
  );
  const step = fc.record({ title, status: fc.constantFrom(...STEP_STATUSES), result });
  const polls = fc.array(fc.array(step, { maxLength: 7 }), { maxLength: 12 });

  /** Checks a claim on every pair of the steps before a poll and after it. */
  function holds(claim: (before: readonly Step[], seen: readonly Step[], after: readonly Step[]) => void) {
    fc.assert(
      fc.property(fc.constantFrom(...AUTHORIZATIONS), polls, (authorization, sequence) => {
        let ours = initialSteps(authorization);
        for (const seen of sequence) {
          const after = afterPoll(ours, seen);
          claim(ours, seen, after);
          ours = after;
        }
      }),
      { numRuns: 300 },
    );
  }

  test("a step never goes back, and never changes once it is over", () => {
    holds((before, _, after) => {
      for (const each of before) {
        const now = after.find((other) => other.title === each.title);
        expect(RANKS[now?.status ?? "pending"]).toBeGreaterThanOrEqual(RANKS[each.status]);
        if (RANKS[each.status] === 2) expect(now).toEqual(each);
      }
    });
  });

  test("no step is lost, and none is shown twice", () => {
    holds((before, seen, after) => {
      expect(new Set(titlesOf(after))).toEqual(new Set([...titlesOf(before), ...titlesOf(seen)]));
      expect(after).toHaveLength(new Set(titlesOf(after)).size);
    });
  });

  test("the aggregator's steps are in its order, and the others in ours", () => {
    holds((before, seen, after) => {
      const listed = new Set(titlesOf(seen));
      const isUnlisted = (name: string) => !listed.has(name);
      expect(titlesOf(after).filter((name) => listed.has(name))).toEqual([...listed]);
      expect(titlesOf(after).filter(isUnlisted)).toEqual(titlesOf(before).filter(isUnlisted));
    });
  });

  test("the same poll a second time changes nothing", () => {
    holds((_, seen, after) => expect(afterPoll(after, seen)).toEqual(after));
  });
});

describe("merging the steps of a poll", () => {
  test("takes the steps that have advanced, and keeps those that the aggregator has further back", () => {
    const ours = stepsOf({ a: "success", b: "in-progress", c: "pending" });
    const seen = stepsOf({ a: "in-progress", b: "failed", c: "in-progress" });
    expect(mergeSteps(ours, seen)).toEqual(stepsOf({ a: "success", b: "failed", c: "in-progress" }));
  });

  test("takes a new result of a step that is not over", () => {
    const link = { type: "link", url: "/users/u/connections/c" } as const;
    const seen = [{ title: "a", status: "in-progress", result: link } as const];
    expect(mergeSteps(stepsOf({ a: "in-progress" }), seen)).toEqual(seen);
  });

  test("takes the first of two steps of one title", () => {
    const seen = [...stepsOf({ a: "in-progress" }), ...stepsOf({ a: "success" })];
    expect(mergeSteps(stepsOf({ a: "pending" }), seen)).toEqual(stepsOf({ a: "in-progress" }));
  });

  test("keeps an unlisted step before the step that followed it", () => {
    const seen = stepsOf({ ...PLAIN, "retrieve-statements": "pending" });
    expect(mergeSteps(stepsOf(WITH_MFA), seen)).toEqual(
      stepsOf({ ...WITH_MFA, "retrieve-statements": "pending" }),
    );
  });

  test("keeps our steps when there would be more than 40", () => {
    const twenty = (prefix: string) =>
      stepsOf(Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`${prefix}${index}`, "pending"])));
    const first = mergeSteps(twenty("a"), twenty("b"));
    expect(first).toHaveLength(40);
    expect(mergeSteps(first, stepsOf({ c: "pending" }))).toEqual(first);
  });
});

describe("a challenge step that the aggregator does not list", () => {
  test.each([
    ["skipped", { ...PLAIN, "verify-credentials": "success", "retrieve-accounts": "in-progress" }],
    ["skipped", { "verify-credentials": "success" }],
    ["pending", { ...PLAIN, "verify-credentials": "in-progress" }],
    ["pending", { ...PLAIN, "verify-credentials": "success" }],
    ["pending", { "verify-credentials": "failed" }],
    ["pending", {}],
  ] as const)("is %s after a poll with %j", (expected, seen) => {
    expect(statusOf(afterPoll(stepsOf(WITH_MFA), stepsOf(seen)), "mfa-challenge")).toBe(expected);
  });

  test("is not skipped when the aggregator lists it", () => {
    const seen = stepsOf({ ...WITH_MFA, "retrieve-accounts": "in-progress" });
    expect(statusOf(afterPoll(stepsOf(WITH_MFA), seen), "mfa-challenge")).toBe("pending");
  });
});

describe("failing the current step", () => {
  test.each([
    [stepsOf({ a: "pending", b: "pending" }), 0],
    [stepsOf({ a: "in-progress", b: "pending" }), 0],
    [stepsOf({ a: "success", b: "skipped", c: "pending" }), 2],
    [stepsOf({ a: "success", b: "skipped" }), undefined],
  ])("of %j fails number %s only", (before, failing) => {
    expect(failCurrentStep(before, TEMPORARY_UNAVAILABLE)).toEqual(
      before.map((step, index) =>
        index === failing ? { ...step, status: "failed", result: TEMPORARY_UNAVAILABLE } : step,
      ),
    );
  });
});

test.each([
  ["working", { a: "success", b: "pending" }],
  ["working", { a: "in-progress" }],
  ["succeeded", { a: "success", b: "skipped", c: "success" }],
  ["failed", { a: "failed", b: "pending" }],
  ["failed", { a: "success", b: "failed", c: "in-progress" }],
] as const)("a job has %s by its steps %j", (expected, statuses) => {
  expect(verdict(stepsOf(statuses))).toBe(expected);
});

test.each(STEP_STATUSES)("a step that is %s is over if it cannot change any more", (status) => {
  expect(isOver(status)).toBe(RANKS[status] === 2);
});
