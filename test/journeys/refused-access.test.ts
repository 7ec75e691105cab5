import { createHmac, randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { errorReply } from "../../functions/wire/api-replies.ts";
import { HOOLI, LOGINS } from "./logins.ts";
import type { HttpReply } from "./mobile-backend.ts";
import { posting, refusal, VALID } from "./posting.ts";
import { target } from "./target.ts";

const { backend, serverToken, post } = posting(target());

describe("a token", () => {
  const parts = () => serverToken().split(".");
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const claims = () => JSON.parse(Buffer.from(parts()[1] ?? "", "base64url").toString());

  test.each([
    ["none", () => ""],
    ["no token", () => "token"],
    [
      "one with another signature",
      () => `${parts()[0]}.${parts()[1]}.${parts()[2]?.split("").reverse().join("")}`,
    ],
    [
      "one with other claims",
      () => `${parts()[0]}.${encode({ ...claims(), exp: 9_999_999_999 })}.${parts()[2]}`,
    ],
    ["one with another header", () => `${encode({ alg: "ES256", kid: "x" })}.${parts()[1]}.${parts()[2]}`],
    ["one without an algorithm", () => `${encode({ alg: "none" })}.${parts()[1]}.`],
    [
      "one signed by HMAC",
      () => {
        const unsigned = `${encode({ alg: "HS256", typ: "JWT" })}.${parts()[1]}`;
        return `${unsigned}.${createHmac("sha256", "key").update(unsigned).digest("base64url")}`;
      },
    ],
  ])("that is %s is refused", async (_, token) => {
    expect(refusal(await post(VALID, { token: token() }))).toEqual([
      401,
      "invalid-authorization-token",
      [undefined],
    ]);
    const read = await backend().send("GET", `/jobs/${randomUUID()}`, {
      headers: { authorization: `Bearer ${token()}` },
    });
    expect(refusal(read)).toEqual([401, "invalid-authorization-token", [undefined]]);
  });

  test("says who it is for, as web clients decode it", async () => {
    const token = await backend().token({ scope: "CLIENT_ACCESS", userId: "ea3a81" });
    const payload = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    expect(payload).toMatchObject({ scope: "CLIENT_ACCESS", userid: "ea3a81", version: "3.0" });
    expect(payload.exp - payload.iat).toBe(3600);
  });

  test("of a user reaches that user only, and another's job is as good as none", async () => {
    const mine = await backend().token({ scope: "CLIENT_ACCESS", userId: backend().userId });
    const theirs = await backend().token({ scope: "CLIENT_ACCESS", userId: "somebody-else" });
    expect(refusal(await post(VALID, { token: theirs }))).toEqual([401, "unauthorized-access", [undefined]]);

    const made = await post(JSON.stringify({ ...LOGINS.gavin, institution: { id: "AU00004" } }), {
      token: mine,
    });
    expect(made.status).toBe(202);
    const path = `/jobs/${Reflect.get(Object(made.json), "id")}`;
    const read = (token: string, at = path) =>
      backend().send("GET", at, { headers: { authorization: `Bearer ${token}` } });
    expect((await read(mine)).status).toBe(200);
    const another = await read(theirs);
    expect(refusal(another)).toEqual([404, "resource-not-found", [undefined]]);
    const none = await read(theirs, `/jobs/${randomUUID()}`);
    const without = ({ json }: HttpReply) => ({ ...errorReply.parse(json), correlationId: "" });
    expect(without(another)).toEqual(without(none));
    expect(without(await read(theirs, "/jobs/not-an-id"))).toEqual(without(none));

    const answered = await backend().send("POST", `${path}/mfa`, {
      headers: { authorization: `Bearer ${theirs}` },
      body: JSON.stringify({ "mfa-response": ["1234"] }),
    });
    expect(refusal(answered)).toEqual([404, "resource-not-found", [undefined]]);
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
