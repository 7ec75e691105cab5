import { describe, expect, test } from "vitest";
import { readUpstreamJob } from "../../functions/aggregators/basiq/replies.ts";
import { mfa, reply } from "../support/basiq-replies.ts";

const challengeIn = (step: object) => readUpstreamJob(reply({ title: "mfa-challenge", ...step })).challenge;

describe("a challenge", () => {
  const expected = { method: "token", description: mfa.description, input: ["Code"], expiryMs: 90_000 };

  test.each([
    ["an object", { result: mfa }],
    ["a one-element list", { result: [mfa] }],
    ["a misspelt step", { title: "mfa-challenege", result: mfa }],
  ])("is read from %s, apart from its step", (_, step) => {
    const job = readUpstreamJob(reply({ title: "mfa-challenge", ...step }));
    expect(job.challenge).toEqual(expected);
    expect(job.steps).toEqual([{ title: "mfa-challenge", status: "in-progress", result: null }]);
  });

  test("of questions holds them all", () => {
    const result = { ...mfa, method: "security-questions", input: ["First?", "Second?"] };
    expect(challengeIn({ result })).toMatchObject({
      method: "security-questions",
      input: ["First?", "Second?"],
    });
  });

  test("of a method that nobody published is taken as a token", () => {
    expect(challengeIn({ result: { ...mfa, method: "carrier-pigeon" } })?.method).toBe("token");
  });

  test.each([undefined, null])(
    "with an expiryMs of %s is given what the published examples show",
    (expiryMs) => {
      expect(challengeIn({ result: { ...mfa, expiryMs } })?.expiryMs).toBe(120_000);
    },
  );

  test.each([
    ["there is no input", { result: { ...mfa, input: [] } }],
    ["the input is null", { result: { ...mfa, input: null } }],
    ["the step is pending", { status: "pending", result: mfa }],
    ["the step is over", { status: "success", result: mfa }],
    ["the result is gone", { result: null }],
  ])("is none when %s", (_, step) => {
    expect(challengeIn(step)).toBeUndefined();
  });
});
