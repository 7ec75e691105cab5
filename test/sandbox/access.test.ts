import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { comparedInConstantTime } from "../support/compared-in-constant-time.ts";
import {
  apiKey,
  connected,
  connectionPath,
  connectionsPath,
  createBody,
  gavin,
  jared,
  minute,
  openSandbox,
} from "./open-sandbox.ts";
import { institutionListShape, tokenShape } from "./reply-shapes.ts";

const versioned = { "basiq-version": "3.0" };

describe("POST /token", () => {
  test.each(["2.0", "2.1", "3.0"])("accepts version %s", async (version) => {
    const bank = await openSandbox();
    const headers = { authorization: `Basic ${apiKey}`, "basiq-version": version };
    await bank.expectReply(tokenShape, 200, "POST", "/token", { headers, token: null });
  });

  test.each([{}, { "basiq-version": "1.0" }])("refuses the version of %o", async (version) => {
    const bank = await openSandbox();
    const headers = { authorization: `Basic ${apiKey}`, ...version };
    expect(await bank.refused(400, "POST", "/token", { headers, token: null })).toMatchObject([
      { code: "parameter-not-valid", source: { parameter: "basiq-version" } },
    ]);
  });

  test.each([{}, { authorization: "Basic" }, { authorization: "Basic " }, { authorization: "Bearer key" }])(
    "refuses the key of %o",
    async (authorization) => {
      const bank = await openSandbox();
      const headers = { ...versioned, ...authorization };
      expect(await bank.refused(404, "POST", "/token", { headers, token: null })).toMatchObject([
        { code: "parameter-not-valid", detail: "Unable to authenticate. Please, check your API key" },
      ]);
    },
  );

  const hashOf = (key: string) => createHash("sha256").update(key).digest("hex");

  test.each([
    [200, apiKey],
    [404, `${apiKey}x`],
    [404, "k"],
  ])("replies %i to the key %s, which it compares by hashes in constant time", async (status, key) => {
    const bank = await openSandbox({ apiKey });
    const headers = { ...versioned, authorization: `Basic ${key}` };
    const pairs = await comparedInConstantTime(async () => {
      expect((await bank.send("POST", "/token", { headers, token: null })).status).toBe(status);
    });
    expect(pairs.length).toBeGreaterThan(0);
    for (const pair of pairs) expect(pair).toEqual([hashOf(key), hashOf(apiKey)]);
  });

  test.each([
    ["a form", "application/x-www-form-urlencoded", "scope=CLIENT_ACCESS&userId=user-1", 403],
    ["JSON", "application/json", '{"scope":"CLIENT_ACCESS","userId":"user-1"}', 403],
    ["an empty body of JSON's type", "application/json", "", 200],
    ["an empty form", "application/x-www-form-urlencoded", "", 200],
    ["a form without a scope", "application/x-www-form-urlencoded", "userId=user-1", 200],
  ])("reads the scope from %s, or issues a server token", async (_, type, text, listStatus) => {
    const bank = await openSandbox();
    const headers = { ...versioned, authorization: `Basic ${apiKey}`, "content-type": type };
    const request = { headers, text, token: null };
    const { access_token: token } = await bank.expectReply(tokenShape, 200, "POST", "/token", request);
    expect((await bank.send("GET", "/users/user-1/jobs", { token })).status).toBe(listStatus);
    expect((await bank.send("GET", "/connectors", { token })).status).toBe(200);
  });

  test.each(["scope=ALL_ACCESS", "scope=CLIENT_ACCESS&userId=a_b"])("refuses the form %s", async (text) => {
    const bank = await openSandbox();
    const form = { "content-type": "application/x-www-form-urlencoded" };
    const headers = { ...versioned, ...form, authorization: `Basic ${apiKey}` };
    expect(await bank.refused(400, "POST", "/token", { headers, text, token: null })).toMatchObject([
      { code: "parameter-not-valid", source: { parameter: "scope" } },
    ]);
  });

  test("returns another token each time, and each is valid", async () => {
    const bank = await openSandbox();
    const tokens = [await bank.newToken(), await bank.newToken()];
    expect(new Set(tokens).size).toBe(2);
    for (const token of tokens) expect((await bank.send("GET", "/institutions", { token })).status).toBe(200);
  });
});

describe("a token", () => {
  test.each([
    ["GET", "/institutions"],
    ["GET", "/institutions/AU00000"],
    ["GET", "/connectors"],
    ["GET", "/connectors/AU00000/web"],
    ["POST", "/users"],
    ["GET", "/users/u"],
    ["POST", "/users/u"],
    ["DELETE", "/users/u"],
    ["GET", "/users/u/connections"],
    ["POST", "/users/u/connections"],
    ["GET", "/users/u/connections/c"],
    ["POST", "/users/u/connections/c"],
    ["DELETE", "/users/u/connections/c"],
    ["POST", "/users/u/connections/refresh"],
    ["GET", "/users/u/accounts"],
    ["GET", "/users/u/transactions/t"],
    ["POST", "/users/u/income"],
    ["GET", "/users/u/affordability/r/transactions"],
    ["GET", "/users/u/identities"],
    ["GET", "/enrich"],
    ["POST", "/users/u/connections/c/refresh"],
    ["POST", "/users/u/connections/c/purge"],
    ["GET", "/users/u/jobs"],
    ["GET", "/jobs/j"],
    ["POST", "/jobs/j/mfa"],
  ])("is needed for %s %s", async (method, path) => {
    const bank = await openSandbox();
    const basic = { authorization: `Basic ${await bank.newToken()}` };
    for (const sent of [{ token: null }, { token: "made-up" }, { token: null, headers: basic }]) {
      expect(await bank.refused(401, method, path, sent)).toEqual([
        { type: "error", code: "invalid-authorization-token", title: "Invalid authorization token." },
      ]);
    }
  });

  const forbidden = "Access to this resource is forbidden.";
  const inConsentUi = "Connections are created in the Consent UI only.";
  const noRoute = "Requested route does not exist.";
  const client = { scope: "CLIENT_ACCESS" };

  test.each([
    ["POST", "/users/u/connections", "3.0", {}, 403, inConsentUi],
    ["POST", "/users/u/connections/c", "3.0", {}, 403, inConsentUi],
    ["GET", "/institutions", "3.0", {}, 404, noRoute],
    ["GET", "/institutions/AU00000", "3.0", {}, 404, noRoute],
    ["GET", "/connectors/AU00000/web", "2.0", {}, 404, noRoute],
    ["POST", "/users/u/connections/c/purge", "2.1", {}, 404, noRoute],
    ["POST", "/users/u/expenses", "3.0", {}, 404, noRoute],
    ["GET", "/enrich", "3.0", {}, 404, noRoute],
    ["GET", "/users/u/accounts", "2.1", client, 403, forbidden],
    ["GET", "/users/u/transactions", "3.0", client, 403, forbidden],
    ["DELETE", "/users/u", "2.1", client, 403, forbidden],
    ["DELETE", "/users/u/connections/c", "2.1", client, 403, forbidden],
    ["GET", "/users/u/jobs", "2.1", client, 403, forbidden],
    ["POST", "/users/u/connections/c/refresh", "2.1", client, 403, forbidden],
    ["POST", "/jobs/j/mfa", "2.1", {}, 403, forbidden],
    ["POST", "/jobs/j/mfa", "3.0", {}, 403, forbidden],
  ])("is refused for %s %s of version %s with %o", async (method, path, version, fields, status, detail) => {
    const bank = await openSandbox();
    const token = await bank.newToken(fields, version);
    const sent = method === "POST" ? { body: createBody } : {};
    expect(await bank.refused(status, method, path, { token, ...sent })).toMatchObject([
      { code: status === 403 ? "forbidden-access" : "resource-not-found", detail },
    ]);
    expect(await bank.jobsOf("u")).toEqual([]);
  });

  test("of version 3.0 refreshes, reads and answers", async () => {
    const bank = await openSandbox();
    const id = await connected(bank, "AU00002", jared);
    const token = await bank.newToken({}, "3.0");
    const job = JSON.parse((await bank.send("POST", `${connectionPath(id)}/refresh`, { token })).text).id;
    for (const path of [`/jobs/${job}`, "/users/user-1/jobs", connectionsPath(), connectionPath(id)]) {
      expect((await bank.send("GET", path, { token })).status).toBe(200);
    }
    bank.pass(minute);
    const answer = { body: { "mfa-response": ["1234"] }, token: await bank.newToken(client, "3.0") };
    expect((await bank.send("POST", `/jobs/${job}/mfa`, answer)).status).toBe(202);
  });

  test("of a client is refused for another user's paths and jobs, unless it is bound to no user", async () => {
    const bank = await openSandbox();
    const id = await bank.createAndVerify("AU00002", jared);
    const connection = connectionPath(await bank.connectionOf(id));
    const answer = { "mfa-response": ["1234"] };
    const statuses = async (fields: Record<string, string>) => {
      const token = await bank.newToken({ ...client, ...fields });
      const calls = [
        ["GET", connectionsPath(), undefined],
        ["POST", connection, gavin],
        ["GET", `/jobs/${id}`, undefined],
        ["POST", `/jobs/${id}/mfa`, answer],
        ["GET", "/institutions", undefined],
      ] as const;
      const replies = [];
      for (const [method, path, body] of calls) replies.push(await bank.send(method, path, { body, token }));
      return replies.map(({ status }) => status);
    };
    expect(await statuses({ userId: "user-2" })).toEqual([403, 403, 403, 403, 200]);
    expect((await bank.step(id, "mfa-challenge"))?.result).not.toBeNull();
    expect(await statuses({ userId: "user-1" })).toEqual([200, 200, 200, 202, 200]);
    expect(await statuses({})).toEqual([200, 200, 200, 202, 200]);
  });

  test("expires after an hour, at any time scale", async () => {
    const bank = await openSandbox({ timeScale: 1_000 });
    bank.pass(60 * minute - 1);
    await bank.expectReply(institutionListShape, 200, "GET", "/institutions");
    bank.pass(1);
    expect(await bank.refused(403, "GET", "/institutions")).toMatchObject([
      { code: "access-denied", detail: "Token has expired" },
    ]);
  });
});

describe("a request for an unknown", () => {
  test.each(["/", "/tokens", "/jobs", "/jobs/", "/users/u/connections/c/refresh/x", "/_control/x"])(
    "route is not found: %s",
    async (path) => {
      const bank = await openSandbox();
      expect((await bank.refused(404, "GET", path))[0]?.code).toBe("resource-not-found");
    },
  );

  test.each([
    ["GET", "/token", "POST"],
    ["DELETE", "/users/u/connections", "GET, POST"],
    ["GET", "/jobs/j/mfa", "POST"],
    ["GET", "/_control", "DELETE"],
  ])("method is refused with the allowed ones: %s %s", async (method, path, allowed) => {
    const bank = await openSandbox();
    const reply = await bank.send(method, path);
    expect([reply.status, reply.headers.get("allow")]).toEqual([405, allowed]);
    expect(JSON.parse(reply.text).data[0].code).toBe("method-not-allowed");
  });

  test.each(["a_b", "a.b", "%20", "a".repeat(65)])("user is not found: %s", async (userId) => {
    const bank = await openSandbox();
    for (const tail of ["", "/connections", "/jobs"]) {
      expect(await bank.refused(404, "GET", `/users/${userId}${tail}`)).toMatchObject([
        { code: "resource-not-found", detail: "Requested user does not exist." },
      ]);
    }
  });

  test.each(["none", "constructor", "__proto__", "%00"])("job is not found: %s", async (id) => {
    const bank = await openSandbox();
    expect(await bank.refused(404, "GET", `/jobs/${id}`)).toMatchObject([
      { code: "resource-not-found", detail: "Requested job does not exist." },
    ]);
  });
});

test("the id of a user may have 64 letters, digits and hyphens", async () => {
  const bank = await openSandbox();
  expect(await bank.jobsOf("aZ9-".repeat(16))).toEqual([]);
});
