import { describe, expect, test } from "vitest";
import { safeParse } from "zod/v4/core";
import { readUpstreamJobs } from "../../functions/aggregators/basiq/job-list.ts";
import {
  readConnection,
  readConnections,
  readConnector,
  readInstitution,
  readUpstreamError,
  readUpstreamJob,
  upstreamAcceptedSchema,
  upstreamTokenSchema,
} from "../../functions/aggregators/basiq/replies.ts";
import { connection, link, mfa, reply } from "../support/basiq-replies.ts";

describe("a job of the aggregator", () => {
  test("is read without fields that we do not need", () => {
    expect(readUpstreamJob(reply({}, { jobType: "connection" }))).toEqual({
      id: "61723",
      created: "2020-09-09T11:06:52Z",
      updated: "2020-09-09T11:07:39Z",
      steps: [{ title: "verify-credentials", status: "in-progress", result: null }],
      challenge: undefined,
      connectionId: undefined,
      institutionId: undefined,
    });
  });

  test.each([
    ["its source", { links: { source: connection } }, {}, "8fce3b"],
    ["an absolute source", { links: { source: `https://upstream.example${connection}` } }, {}, "8fce3b"],
    ["its first step", {}, { status: "success", result: link }, "8fce3b"],
    ["its source before its step", { links: { source: "/users/u/connections/a" } }, { result: link }, "a"],
    ["no other link", { links: { source: "/users/u/accounts" } }, {}, undefined],
    ["no placeholder", { links: { source: "{source}" } }, {}, undefined],
    ["no missing links", { links: null }, {}, undefined],
    ["no links of another type", { links: "none", institution: 5 }, {}, undefined],
    ["its source, in lower case", { links: { source: "/users/u/connections/8FCE3B" } }, {}, "8fce3b"],
  ])("has its connection from %s", (_, more, step, expected) => {
    expect(readUpstreamJob(reply(step, more)).connectionId).toBe(expected);
  });

  test("keeps unknown titles of steps", () => {
    const titles = ["retrieve-statements", "constructor", "__proto__", "toString"];
    const steps = titles.map((title) => ({ title, status: "pending", result: null }));
    expect(readUpstreamJob(reply({}, { steps })).steps.map(({ title }) => title)).toEqual(titles);
  });

  test("keeps its times as written, and no other text as the time of its last change", () => {
    const [plain, exact] = ["2020-09-21T11:19:11Z", "2020-09-21T11:19:11.123456Z"];
    const { created, updated } = readUpstreamJob(reply({}, { created: exact, updated: exact }));
    expect([created, updated]).toEqual([exact, exact]);
    const readFrom = (text: unknown) => readUpstreamJob(reply({}, { updated: text })).updated;
    expect([plain, "hooli2016", "2020", null, undefined].map(readFrom)).toEqual([plain, "", "", "", ""]);
  });

  test.each([
    ["null", null],
    ["a list", [reply({})]],
    ["without an id", reply({}, { id: undefined })],
    ["with a number for an id", reply({}, { id: 61723 })],
    ["without steps", reply({}, { steps: [] })],
    ["with no step that has a title", reply({ title: undefined })],
    ["with more steps than any bank has", reply({}, { steps: Array(21).fill(reply({}).steps[0]) })],
    ["with a longer title than any bank sends", reply({ title: "x".repeat(2001) })],
    ["with half a character as a title", reply({ title: "\ud800" })],
  ])("is not read from a reply that is %s", (_, body) => {
    expect(() => readUpstreamJob(body)).toThrow();
  });

  test("is read without steps that have no title, and a step of an unknown status is not over", () => {
    const [good] = reply({ status: "success" }).steps;
    const steps = [good, { status: "failed" }, "step", null, { title: "x", status: "done" }, good];
    expect(readUpstreamJob(reply({}, { steps })).steps).toEqual([
      good,
      { title: "x", status: "in-progress", result: null },
      good,
    ]);
  });

  test("is not read when its texts are larger than those of any bank", () => {
    const words = (length: number) => ({ code: "x", title: "x".repeat(length), detail: "x".repeat(1900) });
    const jobWith = (...results: object[]) =>
      reply({}, { steps: results.map((result) => ({ title: "t", status: "success", result })) });
    const unread = { type: "other", picture: "x".repeat(50_000), more: [[[{}]]] };
    expect(readUpstreamJob(jobWith(words(100), words(100), unread)).steps).toHaveLength(3);
    expect(() => readUpstreamJob(jobWith(...Array(6).fill(words(1900))))).toThrow();
  });
});

describe("a result of the aggregator", () => {
  const resultOf = (step: object) => readUpstreamJob(reply(step)).steps[0]?.result;

  test.each([
    ["an object", link],
    ["a one-element list", [link]],
    ["an absolute link", { ...link, url: `https://upstream.example${connection}` }],
    ["an absolute link in capitals", { ...link, url: `HTTPS://upstream.example:8443${connection}` }],
    ["a link with more fields", { ...link, extra: { deep: [1] } }],
  ])("is a relative link, written as %s", (_, result) => {
    expect(resultOf({ status: "success", result })).toEqual(link);
  });

  test.each([
    "https://evil.example",
    "//evil.example/a",
    "/\\evil.example",
    "javascript:alert(1)",
    "/a b",
    "a/b",
    "",
    "{url}",
    `/${"a".repeat(2000)}`,
  ])("is no link that leads a client elsewhere with its token: %j", (url) => {
    expect(resultOf({ status: "success", result: { type: "link", url } })).toBeNull();
    const error = { code: "invalid-credentials", title: "Cannot login", detail: "No." };
    expect(resultOf({ status: "failed", result: { ...error, url } })).toEqual(error);
  });

  test.each(
    [undefined, null, [], {}, [{ type: "unknown" }], "ok", ["ok"], { url: 5 }].map((result) => ({ result })),
  )("is empty from %j", (step) => {
    expect(resultOf(step)).toBeNull();
  });

  test.each([
    ["detail", { detail: "Account is locked" }, "Account is locked"],
    ["details", { details: "Account is locked" }, "Account is locked"],
    ["detail before details", { detail: "one", details: "two" }, "one"],
    ["its title alone", { detail: null }, "Cannot login"],
    ["its details, if the detail is of another type", { detail: 5, details: "two" }, "two"],
    ["no text of another type", { detail: {}, details: { title: "x" } }, "Cannot login"],
    ["no longer text than any bank sends", { detail: "x".repeat(2001) }, "Cannot login"],
    ["no half a character", { detail: "\ud800" }, "Cannot login"],
  ])("is an error, worded by %s", (_, words, detail) => {
    const error = { code: "invalid-credentials", title: "Cannot login" };
    for (const result of [{ ...error, ...words }, [{ ...error, ...words }]]) {
      expect(resultOf({ status: "failed", result })).toEqual({ ...error, detail });
    }
    expect(resultOf({ result: { code: "x" } })).toEqual({ code: "x", title: "x", detail: "x" });
  });
});

describe("a challenge of the aggregator", () => {
  const challengeIn = (step: object) => readUpstreamJob(reply({ title: "mfa-challenge", ...step })).challenge;

  test.each([
    ["an object", { result: mfa }],
    ["a one-element list", { result: [mfa] }],
    ["a misspelt step", { title: "mfa-challenege", result: mfa }],
  ])("is read from %s, apart from its step", (_, step) => {
    const { challenge, steps } = readUpstreamJob(reply({ title: "mfa-challenge", ...step }));
    const { method, description, input, expiryMs } = mfa;
    expect(challenge).toEqual({ method, description, input, expiryMs });
    expect(steps).toEqual([{ title: "mfa-challenge", status: "in-progress", result: null }]);
  });

  test("has all its questions, and is a token when its method is unknown", () => {
    const questions = { method: "security-questions", input: ["First?", "Second?"] };
    expect(challengeIn({ result: { ...mfa, ...questions } })).toMatchObject(questions);
    expect(challengeIn({ result: { ...mfa, method: "carrier-pigeon" } })?.method).toBe("token");
  });

  test.each([undefined, null, -1, 1e17, "soon", {}])(
    "with an expiryMs of %j has the published one, and with a text that of the text",
    (expiryMs) => {
      expect(challengeIn({ result: { ...mfa, expiryMs } })?.expiryMs).toBe(120_000);
      expect(challengeIn({ result: { ...mfa, expiryMs: "90000" } })?.expiryMs).toBe(90_000);
    },
  );

  test.each([
    { result: { ...mfa, input: [] } },
    { result: { ...mfa, input: null } },
    { result: { ...mfa, input: [1] } },
    { status: "pending", result: mfa },
    { status: "success", result: mfa },
    { result: null },
  ])("is not in the step %j", (step) => {
    expect(challengeIn(step)).toBeUndefined();
  });
});

describe("a list of jobs of the aggregator", () => {
  const institution = { type: "institution", id: "AU00000" };
  const ours = reply({}, { institution });

  test.each([
    [{ type: "job", id: "2", steps: [] }],
    [{ type: "job", id: "2", jobType: "connection" }],
    [{ ...reply({}), jobType: 5, id: ".." }],
    [reply({})],
    [null],
    ["61723"],
  ])("is not read with an unreadable entry that may be of our kind: %j", (entry) => {
    expect(() => readUpstreamJobs({ data: [ours, entry] })).toThrow();
  });

  test.each([
    [{ steps: "none" }],
    [{ steps: [{ title: "verify-credentials", status: "waiting", result: { type: "link", url: "" } }] }],
    [{ steps: [{ title: "x".repeat(50_000) }, 5, null] }],
    [{ links: 5, created: null }],
    [{ jobType: "connection" }],
  ])("has each job of our kind, though its other fields are malformed", (odd) => {
    const jobs = readUpstreamJobs({
      data: [
        { ...ours, ...odd },
        { type: "job", id: "2", jobType: "report" },
      ],
    });
    expect(jobs).toMatchObject([{ id: "61723", institutionId: "AU00000" }]);
    expect(jobs).toHaveLength(1);
  });

  test.each([
    [{ title: "retrieve-statements", status: "pending", result: null }],
    [{ title: "verify-credentials", status: "failed", result: { code: "bank-statement-invalid" } }],
    [{ title: "verify-credentials", status: "failed", result: [{ code: "bank-statement-invalid" }] }],
  ])("marks the job of a statement, which the step %j tells", (step) => {
    const ofStatement = reply({}, { id: "2", jobType: "connection", steps: [reply({}).steps[0], step] });
    const data = [ours, ofStatement, { ...ofStatement, institution }];
    const jobs = readUpstreamJobs({ data });
    expect(jobs.map(({ id, isOfStatement }) => [id, isOfStatement])).toEqual([
      ["61723", undefined],
      ["2", true],
    ]);
  });
});

describe("a connection of the aggregator", () => {
  const record = { id: "8fce3b", status: "active", profile: {}, institution: { ...link, id: "AU00000" } };
  const read = { id: "8fce3b", institutionId: "AU00000" };

  test("is read without fields that we do not need, and is being made while it is pending", () => {
    expect(readConnection(record)).toEqual(read);
    expect(readConnection({ ...record, status: "invalid", profile: null })).toEqual(read);
    expect(readConnection({ ...record, status: "pending" })).toEqual({ ...read, isBeingMade: true });
    expect(readConnection({ ...record, id: "8FCE3B" })).toEqual(read);
  });

  const malformed = [
    null,
    [record],
    { ...record, id: 5 },
    { ...record, institution: undefined },
    { ...record, institution: "AU00000" },
    { ...record, institution: { id: null } },
    { ...record, institution: { id: "x".repeat(2001) } },
  ];

  test.each(malformed.map((other) => [other]))("is not read from %j", (other) => {
    expect(() => readConnection(other)).toThrow();
  });

  test("is in a list without the entries that are none, and only in a list", () => {
    const data = [...malformed, record, { ...record, id: "2", institution: { id: "B" } }];
    expect(readConnections({ data })).toEqual([read, { id: "2", institutionId: "B" }]);
    for (const other of [{ data: null }, { data: {} }, [], null, "x"]) {
      expect(() => readConnections(other)).toThrow();
      expect(() => readUpstreamJobs(other)).toThrow();
    }
  });
});

describe("an institution of the aggregator", () => {
  const record = { type: "institution", id: "AU00000", authorization: "user", status: "major-outage" };
  const read = { id: "AU00000", authorization: "user", status: "major-outage" };

  test.each([
    [{ securityCodeCaption: undefined, secondaryLoginIdCaption: undefined }, false],
    [{ securityCodeCaption: "Code", secondaryLoginIdCaption: "Branch" }, true],
    [{ securityCodeCaption: "", secondaryLoginIdCaption: "" }, false],
    [{ securityCodeCaption: null, secondaryLoginIdCaption: null }, false],
  ])("with the captions %j needs more than a login: %s", (captions, more) => {
    const needs = { needsSecurityCode: more, needsSecondaryLoginId: more };
    expect(readInstitution({ ...record, ...captions, stats: {} })).toEqual({ ...read, ...needs });
    const meta = {
      security_code_caption: captions.securityCodeCaption,
      secondary_login_id_caption: captions.secondaryLoginIdCaption,
    };
    const connector = { ...record, type: "connector", authorization: { type: "user", meta } };
    expect(readConnector(connector)).toEqual({ ...read, ...needs });
  });

  test("of version 3.0 asks for a plain login if its connector does not say what it asks for", () => {
    const plain = { ...read, needsSecurityCode: false, needsSecondaryLoginId: false };
    for (const authorization of [undefined, "user", {}, { type: 5, meta: "none" }, { meta: null }]) {
      expect(readConnector({ ...record, authorization })).toEqual(plain);
    }
    const ofMfa = { ...record, authorization: { type: "user-mfa", meta: { security_code_caption: 5 } } };
    expect(readConnector(ofMfa)).toEqual({ ...plain, authorization: "user-mfa" });
    for (const other of [null, {}, { ...record, id: 5 }]) expect(() => readConnector(other)).toThrow();
  });

  test.each([
    ["token", "token"],
    ["user-token", "token"],
    ["user-mfa", "user-mfa"],
    ["user-mfa-intermittent", "user-mfa-intermittent"],
    ["other", "user"],
    ["__proto__", "user"],
    [null, "user"],
    [undefined, "user"],
    [{}, "user"],
  ])("of authorization %s is a %s", (authorization, expected) => {
    expect(readInstitution({ ...record, authorization }).authorization).toBe(expected);
  });

  test.each([undefined, null, 5])("with a status of %s is operational", (status) => {
    expect(readInstitution({ ...record, status }).status).toBe("operational");
  });

  test.each([[null], [{}], [{ ...record, id: 5 }]])("is not read from %j", (other) => {
    expect(() => readInstitution(other)).toThrow();
  });
});

describe("an id of the aggregator", () => {
  test.each(["a.b", "job:1", "a_b-c~d", "a".repeat(128)])("may be %j", (id) => {
    expect(readUpstreamJob(reply({}, { id })).id).toBe(id);
    expect(readInstitution({ id }).id).toBe(id);
    expect(readConnection({ id, institution: { id } })).toEqual({ id, institutionId: id });
  });

  test.each(["../jobs", "..", ".", "a/b", "a?b", "a#b", "a\nb", "a\n", "", "a".repeat(129), "é"])(
    "that leads elsewhere is that of no job, no bank and no connection: %j",
    (id) => {
      expect(() => readUpstreamJob(reply({}, { id }))).toThrow();
      expect(() => readInstitution({ id })).toThrow();
      expect(() => readConnection({ id, institution: { id: "AU00000" } })).toThrow();
      expect(() => readConnection({ id: "c-1", institution: { id } })).toThrow();
      expect(safeParse(upstreamAcceptedSchema, { id }).success).toBe(false);
    },
  );
});

test.each([
  [{ access_token: "", expires_in: 1 }],
  [{ access_token: "a\nb", expires_in: 1 }],
  [{ access_token: "t" }],
  [{ access_token: "t", expires_in: "1" }],
])("a token of the aggregator is not read from %j", (other) => {
  expect(safeParse(upstreamTokenSchema, other).success).toBe(false);
});

test("an error of the aggregator is its first one, and may lack everything but its code", () => {
  const data = [{ code: "x", title: null, source: null }, { code: "y" }];
  expect(readUpstreamError({ data })).toEqual({ code: "x", title: "x", detail: "x" });
  for (const other of [{ data: [] }, { data: [{}] }, { error: "down" }, null]) {
    expect(readUpstreamError(other)).toBeUndefined();
  }
});
