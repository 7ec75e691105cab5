import { describe, expect, test } from "vitest";
import { readUpstreamJob } from "../../functions/aggregators/basiq/replies.ts";
import { connection, link, reply } from "../support/basiq-replies.ts";

const firstResult = (step: object) => readUpstreamJob(reply(step)).steps[0]?.result;

describe("a result", () => {
  test.each([
    ["an object", link],
    ["a one-element list", [link]],
    ["an absolute link", { ...link, url: `https://upstream.example${connection}` }],
    ["an absolute link in capitals", { ...link, url: `HTTPS://upstream.example:8443${connection}` }],
    ["a link with more fields", { ...link, extra: { deep: [1] } }],
  ])("is a relative link, written as %s", (_, result) => {
    expect(firstResult({ status: "success", result })).toEqual(link);
  });

  test.each([
    ["null", { result: null }],
    ["an empty list", { result: [] }],
    ["an object without a meaning", { result: {} }],
    ["a list of one without a meaning", { result: [{ type: "unknown" }] }],
  ])("is nothing when it is %s", (_, step) => {
    expect(firstResult(step)).toBeNull();
  });

  test("is nothing when it is absent", () => {
    const steps = [{ title: "verify-credentials", status: "pending" }];
    expect(readUpstreamJob(reply({}, { steps })).steps[0]?.result).toBeNull();
  });

  test.each([
    ["detail", { detail: "Account is locked" }, "Account is locked"],
    ["details", { details: "Account is locked" }, "Account is locked"],
    ["detail before details", { detail: "one", details: "two" }, "one"],
    ["a title alone", {}, "Cannot login"],
    ["null for a detail", { detail: null }, "Cannot login"],
  ])("is an error, worded by %s", (_, words, detail) => {
    const error = { code: "invalid-credentials", title: "Cannot login" };
    const expected = { ...error, detail };
    expect(firstResult({ status: "failed", result: { ...error, ...words } })).toEqual(expected);
    expect(firstResult({ status: "failed", result: [{ ...error, ...words }] })).toEqual(expected);
  });

  test("is an error by its code alone", () => {
    expect(firstResult({ result: { code: "x" } })).toEqual({ code: "x", title: "x", detail: "x" });
  });
});
