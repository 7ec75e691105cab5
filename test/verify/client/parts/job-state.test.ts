import { afterEach, expect, test, vi } from "vitest";
import {
  challengeOf,
  connectionIdOf,
  failureOf,
  hasEnded,
  queueOf,
  stateOf,
} from "../../../../client/client.ts";
import { randomKey } from "../../../../client/idempotency-key.ts";
import {
  ANSWERED,
  ASKING,
  challenge,
  jobWith,
  queuedUntil,
  REFUSED,
  RUNNING,
  SUCCEEDED,
  step,
} from "./scripted-api.ts";

afterEach(() => vi.unstubAllGlobals());

const QUEUED = queuedUntil("2026-11-29T07:50:00Z");

test.each([
  ["running", RUNNING],
  ["running", ANSWERED],
  ["running", jobWith([])],
  ["asks", ASKING],
  ["queued", QUEUED],
  ["succeeded", SUCCEEDED],
  ["succeeded", jobWith([step("verify-credentials", "success"), step("mfa-challenge", "skipped")])],
  ["failed", REFUSED],
] as const)("a job is %s", (state, job) => {
  expect([stateOf(job), hasEnded(job)]).toEqual([state, state === "succeeded" || state === "failed"]);
});

test("a challenge is found as an object and in a list, and only while it is open", () => {
  expect(challengeOf(ASKING)).toEqual(challenge());
  expect(challengeOf(jobWith([step("mfa-challenge", "in-progress", [challenge()])]))).toEqual(challenge());
  expect(challengeOf(jobWith([step("mfa-challenge", "success", challenge())]))).toBeUndefined();
});

test("the queue, the failure and the connection are there only if the job has them", () => {
  expect(queueOf(QUEUED)).toMatchObject({ attemptsLeft: 84, nextAttemptAt: "2026-11-29T07:50:00Z" });
  expect([queueOf(RUNNING), failureOf(RUNNING), connectionIdOf(RUNNING)]).toEqual(Array(3).fill(undefined));
  const source = "https://api.example.com/users/u/connections/8fce3b";
  expect(connectionIdOf({ links: { self: "s", source } })).toBe("8fce3b");
});

test("a failure of an API that leaves out texts has what is there", () => {
  const result = { code: "a-code", title: "A title" };
  const failed = JSON.parse(JSON.stringify(jobWith([{ title: "new", status: "failed", result: null }])));
  expect(failureOf(failed)).toEqual({ step: "new", code: "unknown", title: "", detail: "" });
  failed.steps[0].result = result;
  expect(failureOf(failed)).toEqual({ step: "new", ...result, detail: "A title" });
});

test.each([
  ["with crypto", globalThis.crypto],
  ["on React Native, which has no crypto", undefined],
  ["on a page without https, which has no randomUUID", { getRandomValues: () => undefined }],
])("keys differ, and the API takes them, %s", (_, crypto) => {
  vi.stubGlobal("crypto", crypto);
  const keys = Array.from({ length: 100 }, randomKey);
  expect(new Set(keys).size).toBe(100);
  expect(keys.filter((key) => !/^[\x20-\x7e]{16,255}$/.test(key))).toEqual([]);
});
