import { describe, expect, test } from "vitest";
import { readUpstreamJob, readUpstreamJobs } from "../../functions/aggregators/basiq/replies.ts";
import { connection, link, mfa, reply } from "../support/basiq-replies.ts";

describe("a job", () => {
  test("is read with what we need, and nothing else", () => {
    const more = {
      jobType: "connection",
      links: { self: "s", source: `https://upstream.example${connection}` },
    };
    expect(readUpstreamJob(reply({}, more))).toEqual({
      id: "61723",
      created: "2020-09-09T11:06:52Z",
      updated: "2020-09-09T11:07:39Z",
      steps: [{ title: "verify-credentials", status: "in-progress", result: null }],
      challenge: undefined,
      connectionId: "8fce3b",
      institutionId: undefined,
    });
  });

  test.each([
    ["the source", { links: { source: connection } }, {}, "8fce3b"],
    ["the first step", {}, { status: "success", result: link }, "8fce3b"],
    ["the source before the step", { links: { source: "/users/u/connections/a" } }, { result: link }, "a"],
    ["nowhere", {}, {}, undefined],
    ["no other link", { links: { source: "/users/u/accounts" } }, {}, undefined],
    ["no placeholder", { links: { source: "{source}" } }, {}, undefined],
    ["no null", { links: { source: null } }, {}, undefined],
    ["no absent links", { links: null }, {}, undefined],
  ])("knows its connection from %s", (_, more, step, expected) => {
    expect(readUpstreamJob(reply(step, more)).connectionId).toBe(expected);
  });

  test("keeps the titles that upstream adds, whatever they are", () => {
    const titles = ["retrieve-statements", "constructor", "__proto__", "toString"];
    const steps = titles.map((title) => ({ title, status: "pending", result: null }));
    expect(readUpstreamJob(reply({}, { steps })).steps.map(({ title }) => title)).toEqual(titles);
  });

  test.each(["2020-09-09T11:06:52Z", "2020-09-09T11:06:52.123456Z"])("is dated as written: %s", (created) => {
    expect(readUpstreamJob(reply({}, { created })).created).toBe(created);
  });

  test.each([
    ["null", null],
    ["a text", "<html>"],
    ["a list", [reply({})]],
    ["without an id", { ...reply({}), id: undefined }],
    ["with an empty id", reply({}, { id: "" })],
    ["with a number for an id", reply({}, { id: 61723 })],
    ["without steps", reply({}, { steps: [] })],
    ["with a status that nobody published", reply({ status: "done" })],
    ["with a number for a url", reply({ result: { url: 5 } })],
    ["with a text for a result", reply({ result: "ok" })],
    ["with texts in a result's list", reply({ result: ["ok"] })],
    ["with more steps than any bank has", reply({}, { steps: Array(21).fill(reply({}).steps[0]) })],
    ["with a text that no bank sends", reply({ title: "x".repeat(2001) })],
    ["with a number among the inputs", reply({ result: { ...mfa, input: [1] } })],
    ["with an expiry that no number of ours can keep", reply({ result: { ...mfa, expiryMs: 1e17 } })],
    ["with an expiry below zero", reply({ result: { ...mfa, expiryMs: -1 } })],
    ["with a text for an expiry", reply({ result: { ...mfa, expiryMs: "90000" } })],
  ])("that is %s is none", (_, body) => {
    expect(() => readUpstreamJob(body)).toThrow();
  });
});

describe("a list of jobs", () => {
  const institution = { type: "institution", id: "AU00000" };

  test.each([
    [{ type: "job", id: "2", steps: [] }],
    [{ type: "job", id: "2", jobType: "connection" }],
    [{ ...reply({}), jobType: 5, id: ".." }],
    [reply({})],
    [null],
    ["61723"],
  ])("is none with an entry that may be one of our kind, and cannot be read: %j", (entry) => {
    expect(() => readUpstreamJobs({ data: [reply({}, { institution }), entry] })).toThrow();
  });

  test("gives those that are of our kind", () => {
    const data = [
      reply({}, { institution, jobType: "connection" }),
      { type: "job", id: "2", jobType: "report" },
    ];
    const jobs = readUpstreamJobs({ type: "list", size: 2, data });
    expect(jobs.map(({ id, institutionId }) => ({ id, institutionId }))).toEqual([
      { id: "61723", institutionId: "AU00000" },
    ]);
  });

  test.each([
    [{ steps: "none" }],
    [{ steps: [{ title: "verify-credentials", status: "waiting", result: { type: "link", url: "" } }] }],
    [{ steps: [{ title: "x".repeat(50_000) }, 5, null] }],
    [{ links: 5, created: null }],
  ])("gives one by what it is known by, whatever else it says: %j", (odd) => {
    const [found] = readUpstreamJobs({ data: [{ ...reply({}, { institution }), ...odd }] });
    expect(found).toMatchObject({ id: "61723", institutionId: "AU00000" });
  });

  test("may be empty, but must be one", () => {
    expect(readUpstreamJobs({ data: [] })).toEqual([]);
    expect(() => readUpstreamJobs({ data: null })).toThrow();
    expect(() => readUpstreamJobs([])).toThrow();
  });
});
