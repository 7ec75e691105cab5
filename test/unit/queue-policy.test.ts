import { describe, expect, test } from "vitest";
import {
  isDue,
  isExhausted,
  isLastAttempt,
  MAX_ATTEMPTS,
  MAX_RETRIES,
  mayBeHeld,
  mayNeedLogin,
  needsTheUser,
  QUEUE_LIMIT_SECONDS,
  RETRY_EVERY_SECONDS,
} from "../../functions/jobs/domain/queue.ts";
import { PLAIN, stepsOf, WITH_MFA } from "../support/job-examples.ts";

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const queue = { nextAttemptAt: "2026-01-05T11:00:00Z", expiresAt: "2026-01-12T09:00:00Z" };
const until = (ms: number) => () => ms;
const never = () => {
  throw new Error("no time was to be asked for");
};

test("the queue is 84 retries, 7,200 s apart, which is 7 days, and the first attempt beside them", () => {
  expect([MAX_RETRIES, RETRY_EVERY_SECONDS]).toEqual([84, 7200]);
  expect(QUEUE_LIMIT_SECONDS).toBe(84 * 7200);
  expect(QUEUE_LIMIT_SECONDS).toBe(7 * 24 * 3600);
  expect(MAX_ATTEMPTS).toBe(85);
});

describe("a further attempt", () => {
  test.each([
    [2 * HOUR, false],
    [60 * SECOND + 1, false],
    [60 * SECOND, true],
    [0, true],
    [-HOUR, true],
  ])("with %i ms to its time is due: %s", (ms, expected) => {
    expect(isDue({ phase: "queued", queue }, until(ms))).toBe(expected);
  });

  test.each(["accepted", "opening", "following"] as const)(
    "of a job that is %s, and waits for none, is due",
    (phase) => {
      expect(isDue({ phase, queue }, never)).toBe(true);
    },
  );

  test("of a queued job that does not say when is due", () => {
    expect(isDue({ phase: "queued" }, never)).toBe(true);
  });
});

describe("the queue is exhausted", () => {
  test.each([
    [0, false],
    [84, false],
    [85, true],
    [86, true],
  ])("after %i attempts: %s", (attempt, expected) => {
    expect(isExhausted({ attempt, queue }, until(1))).toBe(expected);
    expect(isExhausted({ attempt }, until(1))).toBe(expected);
  });

  test.each([
    [1, false],
    [-60_000, false],
    [-HOUR, false],
    [-HOUR - 1, true],
    [-2 * HOUR, true],
  ])("with %i ms left of the 7 days: %s, for the last attempt is due at their very end", (ms, expected) => {
    expect(isExhausted({ attempt: 1, queue }, until(ms))).toBe(expected);
  });
});

describe("an attempt is the last one", () => {
  test.each([
    [1, false],
    [84, false],
    [85, true],
  ])("as the %i. of a job: %s", (attempt, expected) => {
    expect(isLastAttempt(attempt, queue, until(7 * 24 * HOUR))).toBe(expected);
    expect(isLastAttempt(attempt, undefined, never)).toBe(expected);
  });

  test.each([
    [2 * HOUR, false],
    [2 * HOUR - 60_000, false],
    [HOUR, false],
    [HOUR - 1, true],
    [-60_000, true],
  ])("with %i ms left of the 7 days: %s", (ms, expected) => {
    expect(isLastAttempt(3, queue, until(ms))).toBe(expected);
  });
});

test.each([
  [undefined, true],
  ["create", true],
  ["update", true],
  ["refresh", false],
] as const)("a job that is a %s may be held: %s, and none is where the queue is off", (kind, expected) => {
  expect(mayBeHeld({ kind }, { queues: true })).toBe(expected);
  expect(mayBeHeld({ kind }, { queues: false })).toBe(false);
});

describe("a further attempt needs the user", () => {
  test.each([
    ["user", undefined, false],
    ["user", 9, false],
    ["token", 9, false],
    ["user-mfa", undefined, true],
    ["user-mfa-intermittent", undefined, false],
    ["user-mfa-intermittent", 2, false],
    ["user-mfa-intermittent", 3, true],
  ] as const)(
    "at an institution of %s after %s unanswered challenges: %s",
    (authorization, unanswered, expected) => {
      expect(needsTheUser({ authorization, queue: { ...queue, unanswered } })).toBe(expected);
    },
  );
});

describe("a login may be needed again", () => {
  const verified = { ...PLAIN, "verify-credentials": "success" } as const;
  const asked = (status: "pending" | "in-progress" | "success" | "skipped") =>
    stepsOf({ ...WITH_MFA, "verify-credentials": "success", "mfa-challenge": status });

  test.each([
    ["before it is verified", true, { steps: stepsOf(PLAIN) }],
    ["once it is verified", false, { steps: stepsOf(verified) }],
    ["by an update before it is verified", true, { kind: "update", steps: stepsOf(PLAIN) }],
    ["by a refresh", false, { kind: "refresh", steps: stepsOf(PLAIN) }],
    ["by a first attempt whose bank asks", false, { steps: asked("in-progress") }],
    ["by a further attempt whose bank may ask", true, { steps: asked("pending"), queue }],
    ["by a further attempt whose bank asks", true, { steps: asked("in-progress"), queue }],
    ["by a further attempt that was answered", false, { steps: asked("success"), queue }],
    ["by a further attempt whose bank asks nothing", false, { steps: asked("skipped"), queue }],
    ["by a further attempt at a bank that never asks", false, { steps: stepsOf(verified), queue }],
  ] as const)("%s: %s", (_, expected, job) => {
    expect(mayNeedLogin({ ...job })).toBe(expected);
  });
});
