import { describe, expect, test } from "vitest";
import type { StepStatus } from "../../functions/jobs/domain/steps.ts";
import { findAttempt, isQueuedUpstream, openChallenge } from "../../functions/jobs/domain/upstream-job.ts";
import { START } from "../support/fake-clock.ts";
import { lookOf, PLAIN, question } from "../support/job-examples.ts";

const at = (seconds: number) => new Date(Date.parse(START) + seconds * 1000).toISOString();
const listed = (id: string, created: string, institutionId = "AU00000") =>
  lookOf({}, { id, created, institutionId });
const attempt = { institutionId: "AU00000", startedAt: START, knownUpstreamJobIds: ["known"] };
const find = (...jobs: ReturnType<typeof listed>[]) => findAttempt(jobs, attempt)?.id;

describe("the upstream job of an attempt whose reply was lost", () => {
  test("is the newest one since the attempt began", () => {
    expect(find(listed("a", at(1)), listed("c", at(3)), listed("b", at(2)))).toBe("c");
  });

  test("is the first listed one of two of the same second", () => {
    expect(find(listed("newer", at(1)), listed("older", at(1)))).toBe("newer");
  });

  test.each([
    ["there is none", []],
    ["it is of another institution", [listed("x", at(1), "AU00002")]],
    ["it is of no institution", [lookOf({}, { created: at(1), institutionId: undefined })]],
    ["it is of an earlier attempt or job", [listed("known", at(1))]],
    ["it is older than two clocks can disagree", [listed("old", at(-600))]],
  ])("is not found when %s", (_, jobs) => {
    expect(find(...jobs)).toBeUndefined();
  });

  test.each(["", "yesterday"])("may be one that does not say when it was made: %o", (created) => {
    expect(find(listed("undated", created))).toBe("undated");
  });

  test("may be dated a little before the attempt, as two clocks differ", () => {
    expect(find(listed("skewed", at(-30)))).toBe("skewed");
  });

  test("may be dated without fractions, and is compared as a time", () => {
    expect(find(listed("a", "2026-01-05T09:00:02Z"), listed("b", "2026-01-05T09:00:01.900Z"))).toBe("a");
  });
});

describe("an attempt whose reply was lost, and a connection", () => {
  const about = (id: string, connectionId: string | undefined, seconds = 1) =>
    lookOf({}, { id, created: at(seconds), connectionId });
  const findOf = (connectionId: string | undefined, ...jobs: ReturnType<typeof about>[]) =>
    findAttempt(jobs, { ...attempt, connectionId })?.id;

  test("that is updated or refreshed is looked for by it", () => {
    expect(findOf("ours", about("x", "other", 2), about("a", "ours"))).toBe("a");
    expect(findOf("ours", about("x", "other"))).toBeUndefined();
  });

  test("that is updated or refreshed may be one of which upstream does not say it", () => {
    expect(findOf("ours", about("a", undefined))).toBe("a");
  });

  test("that is made is none that upstream knew before", () => {
    const older = about("older", "known-since", -600);
    expect(findOf(undefined, about("refresh-of-it", "known-since", 5), about("a", "new"), older)).toBe("a");
    expect(findOf(undefined, about("refresh-of-it", "known-since"), older)).toBeUndefined();
  });

  test("that is made may be one of which upstream does not say it yet", () => {
    expect(findOf(undefined, about("a", undefined), about("older", undefined, -600))).toBe("a");
  });
});

describe("upstream's own queue", () => {
  const first = (status: StepStatus, code: string | undefined) => {
    const result = code === undefined ? null : { code, title: "Queued", detail: "Queued" };
    return lookOf(PLAIN, { steps: [{ title: "verify-credentials", status, result }] });
  };

  test.each([
    [true, "pending", "temporary-unavailable-queued"],
    [false, "pending", undefined],
    [false, "pending", "temporary-unavailable"],
    [false, "failed", "temporary-unavailable"],
    [false, "in-progress", undefined],
  ] as const)("holds a job: %s, whose first step is %s with %s", (expected, status, code) => {
    expect(isQueuedUpstream(first(status, code))).toBe(expected);
  });

  test("is said by the first step only", () => {
    expect(isQueuedUpstream(lookOf({ "retrieve-accounts": "pending" }))).toBe(false);
  });
});

describe("an open challenge", () => {
  const challenge = { ...question, input: ["Code"] };

  test.each(["pending", "in-progress"] as const)("is shown while its step is %s", (status) => {
    expect(openChallenge(lookOf({ "mfa-challenge": status }, { challenge }))).toEqual(challenge);
  });

  test.each(["success", "failed", "skipped"] as const)("is none once its step is %s", (status) => {
    expect(openChallenge(lookOf({ "mfa-challenge": status }, { challenge }))).toBeUndefined();
  });

  test("is none without a step or without a question", () => {
    expect(openChallenge(lookOf({}, { challenge }))).toBeUndefined();
    expect(openChallenge(lookOf({ "mfa-challenge": "in-progress" }))).toBeUndefined();
  });
});
