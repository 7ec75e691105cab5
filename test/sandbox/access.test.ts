import { describe, expect, test } from "vitest";
import { apiKey, minute, openSandbox } from "./open-sandbox.ts";
import { institutionListShape, tokenShape } from "./reply-shapes.ts";

const versioned = { "basiq-version": "3.0" };

describe("POST /token", () => {
  test.each(["2.0", "2.1", "3.0"])("knows version %s", async (version) => {
    const bank = await openSandbox();
    const headers = { authorization: `Basic ${apiKey}`, "basiq-version": version };
    await bank.expectReply(tokenShape, 200, "POST", "/token", { headers, token: null });
  });

  test.each([{}, { "basiq-version": "1.0" }])("refuses the version of %o", async (version) => {
    const bank = await openSandbox();
    const headers = { authorization: "Basic key", ...version };
    expect(await bank.refused(400, "POST", "/token", { headers, token: null })).toEqual([
      {
        type: "error",
        code: "parameter-not-valid",
        title: "Required parameter not valid",
        detail: "Basiq-version must be specified in HTTP request header",
        source: { parameter: "basiq-version", pointer: "header/basiq-version" },
      },
    ]);
  });

  test.each([{}, { authorization: "Basic" }, { authorization: "Basic " }, { authorization: "Bearer key" }])(
    "refuses the key of %o",
    async (authorization) => {
      const bank = await openSandbox();
      const headers = { ...versioned, ...authorization };
      expect(await bank.refused(404, "POST", "/token", { headers, token: null })).toEqual([
        {
          type: "error",
          code: "parameter-not-valid",
          title: "We have encountered an error",
          detail: "Unable to authenticate. Please, check your API key",
        },
      ]);
    },
  );

  test("takes only the key that was set, when one was", async () => {
    const bank = await openSandbox({ apiKey });
    const wrong = { ...versioned, authorization: "Basic any-other" };
    await bank.refused(404, "POST", "/token", { headers: wrong, token: null });
    const right = { ...versioned, authorization: `Basic ${apiKey}` };
    await bank.expectReply(tokenShape, 200, "POST", "/token", { headers: right, token: null });
  });

  test("gives another token each time, and each is good", async () => {
    const bank = await openSandbox();
    const tokens = [await bank.newToken(), await bank.newToken()];
    expect(new Set(tokens).size).toBe(2);
    for (const token of tokens) expect((await bank.send("GET", "/institutions", { token })).status).toBe(200);
  });
});

const guarded = [
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
] as const;

describe("every other call", () => {
  test.each(guarded)("%s %s needs a token", async (method, path) => {
    const bank = await openSandbox();
    const expected = [
      { type: "error", code: "invalid-authorization-token", title: "Invalid authorization token." },
    ];
    expect(await bank.refused(401, method, path, { token: null })).toEqual(expected);
    expect(await bank.refused(401, method, path, { token: "made-up" })).toEqual(expected);
    const basic = { authorization: `Basic ${await bank.newToken()}` };
    expect(await bank.refused(401, method, path, { token: null, headers: basic })).toEqual(expected);
  });

  test("is refused once the token has expired, at any time scale", async () => {
    const bank = await openSandbox({ timeScale: 1_000 });
    bank.pass(60 * minute - 1);
    await bank.expectReply(institutionListShape, 200, "GET", "/institutions");
    bank.pass(1);
    expect(await bank.refused(403, "GET", "/institutions")).toEqual([
      { type: "error", code: "access-denied", title: "Access denied.", detail: "Token has expired" },
    ]);
  });
});

describe("an unknown", () => {
  test.each([
    "/",
    "/tokens",
    "/jobs",
    "/jobs/",
    "/users/u",
    "/users/u/connections/c/refresh/x",
    "/_control/x",
  ])("route %s is not found", async (path) => {
    const bank = await openSandbox();
    expect((await bank.refused(404, "GET", path))[0]?.code).toBe("resource-not-found");
  });

  test.each([
    ["GET", "/token", "POST"],
    ["DELETE", "/users/u/connections", "GET, POST"],
    ["PATCH", "/users/u/connections/c", "GET, POST"],
    ["GET", "/users/u/connections/c/refresh", "POST"],
    ["PUT", "/jobs/j", "GET"],
    ["GET", "/jobs/j/mfa", "POST"],
    ["POST", "/_control/ledger", "GET"],
    ["GET", "/_control", "DELETE"],
  ])("method %s of %s names the known ones", async (method, path, allowed) => {
    const bank = await openSandbox();
    const reply = await bank.send(method, path);
    expect([reply.status, reply.headers.get("allow")]).toEqual([405, allowed]);
    expect(JSON.parse(reply.text).data[0].code).toBe("method-not-allowed");
  });

  test.each(["a_b", "a.b", "%20", "a".repeat(65)])("user %s does not exist", async (userId) => {
    const bank = await openSandbox();
    for (const tail of ["connections", "jobs"]) {
      expect(await bank.refused(404, "GET", `/users/${userId}/${tail}`)).toMatchObject([
        { code: "resource-not-found", detail: "Requested user does not exist." },
      ]);
    }
  });

  test("job does not exist, whatever its name", async () => {
    const bank = await openSandbox();
    for (const id of ["none", "constructor", "__proto__", "%00"]) {
      expect(await bank.refused(404, "GET", `/jobs/${id}`)).toMatchObject([
        { code: "resource-not-found", detail: "Requested job does not exist." },
      ]);
    }
  });
});

test("a user's id may have 64 letters, digits and hyphens", async () => {
  const bank = await openSandbox();
  expect((await bank.send("GET", `/users/${"aZ9-".repeat(16)}/jobs`)).status).toBe(200);
});
