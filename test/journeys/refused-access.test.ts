import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { errorReply } from "../../functions/http/reply-schemas.ts";
import { HOOLI } from "./logins.ts";
import { posting, refusal } from "./posting.ts";
import { target } from "./target.ts";

const { backend, post } = posting(target());

describe("a token", () => {
  test("says who it is for, as web clients decode it", async () => {
    const token = await backend().token({ scope: "CLIENT_ACCESS", userId: "ea3a81" });
    const payload = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    expect(payload).toMatchObject({ scope: "CLIENT_ACCESS", userid: "ea3a81", version: "3.0" });
    expect(payload.exp - payload.iat).toBe(3600);
  });
});

describe("POST /token", () => {
  test.each([
    ["another key", { authorization: "Basic another-key" }],
    ["no key", { authorization: "" }],
    ["another scheme", { authorization: "Bearer journeys-api-key" }],
    ["a malformed one", { authorization: "Basic" }],
  ])("refuses %s", async (_, headers) => {
    const reply = await backend().trade({}, headers);
    expect(refusal(reply)).toEqual([404, "parameter-not-valid", [undefined]]);
    const [error] = errorReply.parse(reply.json).data;
    expect(error?.detail).toBe("Unable to authenticate. Please, check your API key");
  });

  test.each([
    ["", "basiq-version"],
    ["1.0", "basiq-version"],
  ])("refuses version '%s'", async (version, field) => {
    const reply = await backend().trade({}, { "basiq-version": version });
    expect(refusal(reply)).toEqual([400, "parameter-not-valid", [field]]);
  });

  test.each(["2.0", "2.1", "3.0"])("takes version %s, and no scope for the server's", async (version) => {
    const reply = await backend().trade({}, { "basiq-version": version });
    expect([reply.status, reply.headers.get("cache-control")]).toEqual([200, "no-store"]);
    expect(reply.json).toMatchObject({ token_type: "Bearer", expires_in: 3600 });
  });

  test("refuses a client's token for nobody, an unknown scope, and a user id that is none", async () => {
    const client = { scope: "CLIENT_ACCESS" };
    expect(refusal(await backend().trade(client))).toEqual([400, "parameter-not-supplied", ["userId"]]);
    expect(refusal(await backend().trade({ ...client, userId: "a b" }))).toEqual([
      400,
      "parameter-not-valid",
      ["userId"],
    ]);
    expect(refusal(await backend().trade({ scope: "ALL" }))).toEqual([400, "parameter-not-valid", ["scope"]]);
  });
});

describe("a route", () => {
  test.each([
    ["GET", "/"],
    ["GET", "/unknown"],
    ["POST", "/users/u/unknown"],
    ["GET", "/jobs/"],
    ["GET", "/jobs/a/b"],
    ["GET", "//health"],
    ["GET", "/health/"],
  ])("%s %s is not found", async (method, path) => {
    expect(refusal(await backend().send(method, path))).toEqual([404, "resource-not-found", [undefined]]);
  });

  test.each([
    ["GET", "/token", "POST"],
    ["PUT", "/jobs/a", "GET, DELETE"],
    ["DELETE", "/users/u/connections", "POST"],
    ["POST", "/health", "GET"],
    ["GET", "/jobs/a/mfa", "POST"],
    ["GET", "/jobs/a/resume", "POST"],
    ["POST", "/users/u/jobs", "GET"],
    ["GET", "/users/u/connections/c", "POST"],
    ["GET", "/users/u/connections/refresh", "POST"],
    ["DELETE", "/users/u/connections/c/refresh", "POST"],
  ])("%s %s is not allowed", async (method, path, allowed) => {
    const reply = await backend().send(method, path);
    expect(refusal(reply)).toEqual([405, "method-not-allowed", [undefined]]);
    expect(reply.headers.get("allow")).toBe(allowed);
  });

  test("GET /health needs no token", async () => {
    const reply = await backend().send("GET", "/health");
    expect([reply.status, reply.json]).toEqual([200, { status: "ok" }]);
  });
});

test("no reply repeats what was sent", async () => {
  const marker = `marker-${randomUUID()}`;
  const replies = await Promise.all([
    post(`{"loginId":"${marker}`),
    post(JSON.stringify({ loginId: [marker], password: marker, institution: { id: marker } })),
    post(JSON.stringify({ loginId: marker, institution: { id: HOOLI } })),
    backend().trade({ scope: marker }, { "basiq-version": marker }),
    backend().trade({ scope: marker }),
    backend().trade({}, { authorization: `Basic ${marker}` }),
    backend().send("GET", `/jobs/${marker}`, { headers: { authorization: `Bearer ${marker}` } }),
    backend().send("GET", `/${marker}`),
  ]);
  for (const { status, json } of replies) {
    expect(status).toBeLessThan(500);
    expect(JSON.stringify(json)).not.toContain(marker);
  }
});
