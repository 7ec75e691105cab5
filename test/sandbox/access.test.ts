import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { comparedInConstantTime } from "../support/compared-in-constant-time.ts";
import { apiKey, minute, openSandbox } from "./open-sandbox.ts";
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
    ["GET", "/users/u/connections"],
    ["POST", "/users/u/connections"],
    ["GET", "/users/u/connections/c"],
    ["POST", "/users/u/connections/c"],
    ["POST", "/users/u/connections/c/refresh"],
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
    for (const tail of ["connections", "jobs"]) {
      expect(await bank.refused(404, "GET", `/users/${userId}/${tail}`)).toMatchObject([
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
