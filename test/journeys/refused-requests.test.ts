import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { errorReply, tokenReply } from "../../functions/http/reply-schemas.ts";
import { connected, update } from "./calls.ts";
import { HOOLI, LOGINS, RAVIGA, TOKEN_BANK } from "./logins.ts";
import { MobileBackend } from "./mobile-backend.ts";
import { posting, refusal, VALID } from "./posting.ts";
import { target } from "./target.ts";

const reached = target();
const { backend, post } = posting(reached);

describe("POST /token", () => {
  test.each([{}, { scope: "SERVER_ACCESS" }])("issues a server token for %j", async (form) => {
    const reply = await backend().trade(form);
    expect([reply.status, reply.headers.get("cache-control")]).toEqual([200, "no-store"]);
    expect(reply.json).toMatchObject({ token_type: "Bearer", expires_in: 3600 });
  });

  test.each([
    ["an empty body", "application/json", "", { scope: "SERVER_ACCESS" }],
    ["an empty body", "text/plain", "", { scope: "SERVER_ACCESS" }],
    ["null for the fields", "application/json", '{"scope":null,"userId":""}', { scope: "SERVER_ACCESS" }],
    [
      "a user",
      "application/json; charset=utf-8",
      '{"scope":"CLIENT_ACCESS","userId":"EA3A81"}',
      { scope: "CLIENT_ACCESS", userid: "ea3a81" },
    ],
  ])("issues a token for %s of the type %s", async (_, type, body, claims) => {
    const { apiKey } = backend().target;
    const headers = { authorization: `Basic ${apiKey}`, "basiq-version": "2.0", "content-type": type };
    const { access_token } = tokenReply.parse(
      (await backend().send("POST", "/token", { headers, body })).json,
    );
    const payload = Buffer.from(access_token.split(".")[1] ?? "", "base64url").toString();
    expect(JSON.parse(payload)).toMatchObject({ ...claims, version: "2.0" });
  });

  test.each([
    [
      "a type that it does not read",
      "text/plain",
      '{"scope":"CLIENT_ACCESS"}',
      [415, "unsupported-content-type", [undefined]],
    ],
    ["a list", "application/json", "[]", [400, "invalid-content", [undefined]]],
    [
      "a scope that is a list",
      "application/json",
      '{"scope":["CLIENT_ACCESS"]}',
      [400, "parameter-not-valid", ["scope"]],
    ],
  ])("refuses %s", async (_, type, body, expected) => {
    const { apiKey } = backend().target;
    const headers = { authorization: `Basic ${apiKey}`, "basiq-version": "2.0", "content-type": type };
    expect(refusal(await backend().send("POST", "/token", { headers, body }))).toEqual(expected);
  });

  test.each([
    ["a version before 2.0", {}, { "basiq-version": "1.0" }, [400, "parameter-not-valid", ["basiq-version"]]],
    [
      "a client token for nobody",
      { scope: "CLIENT_ACCESS" },
      {},
      [400, "parameter-not-supplied", ["userId"]],
    ],
    ["an unknown scope", { scope: "ALL" }, {}, [400, "parameter-not-valid", ["scope"]]],
    ["an unknown key", {}, { authorization: "Basic another-key" }, [404, "parameter-not-valid", [undefined]]],
  ])("refuses %s", async (_, form: Record<string, string>, headers: Record<string, string>, expected) => {
    expect(refusal(await backend().trade(form, headers))).toEqual(expected);
  });
});

describe("a route", () => {
  test.each(["//health", "/health/", "/jobs/", "/jobs/a/b"])("GET %s is not found", async (path) => {
    expect(refusal(await backend().send("GET", path))).toEqual([404, "resource-not-found", [undefined]]);
  });

  test("GET /health needs no token", async () => {
    const reply = await backend().send("GET", "/health");
    expect([reply.status, reply.json]).toEqual([200, { status: "ok" }]);
  });

  test("HEAD /health has the status and the type of GET, and no body", async () => {
    const { status, headers, json } = await backend().send("HEAD", "/health");
    expect([status, headers.get("content-type"), json]).toEqual([200, "application/json", undefined]);
  });
});

test("no reply repeats the input of a refused request", async () => {
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

describe("a body", () => {
  const INVALID_CONTENT = [400, "invalid-content", [undefined]];

  test.each([
    ["broken JSON", "{loginId"],
    ["a list", "[]"],
    ["empty", ""],
    ["not in UTF-8", Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
  ])("that is %s is refused", async (_, body) => {
    expect(refusal(await post(body))).toEqual(INVALID_CONTENT);
  });

  test("over 16 KiB is refused, and a body of 16 KiB is accepted", async () => {
    const padded = (size: number) => VALID.replace("}", `},"padding":"${"x".repeat(size)}"`);
    const overhead = Buffer.byteLength(padded(0));
    const tooLarge = await post(padded(16 * 1024 - overhead + 1));
    expect(refusal(tooLarge)).toEqual([413, "invalid-content", [undefined]]);
    const fits = await post(padded(16 * 1024 - overhead), { userId: randomUUID() });
    expect(fits.status).toBe(202);
  });

  test.each(["text/plain", ""])("of type '%s' is refused", async (type) => {
    expect(refusal(await post(VALID, { type }))).toEqual([415, "unsupported-content-type", [undefined]]);
  });

  test("with a charset and unknown fields is accepted", async () => {
    const body = VALID.replace("{", '{"unknown":{"deep":[1]},"__proto__":{"polluted":true},');
    const options = { type: "application/json; charset=utf-8", userId: randomUUID() };
    expect((await post(body, options)).status).toBe(202);
    expect(Reflect.get({}, "polluted")).toBeUndefined();
  });
});

describe("a login", () => {
  test.each([
    ["nothing at all", {}, ["id", "loginId", "password"]],
    ["an empty password", { ...LOGINS.gavin, password: "", institution: { id: HOOLI } }, ["password"]],
    ["a blank login id", { ...LOGINS.gavin, loginId: " ", institution: { id: HOOLI } }, ["loginId"]],
    ["no user token", { ...LOGINS.gavin, institution: { id: TOKEN_BANK } }, ["userToken"]],
    ["no codes", { ...LOGINS.gavin, institution: { id: RAVIGA } }, ["securityCode", "secondaryLoginId"]],
  ])("with %s is refused, and the error names every missing field", async (_, body, fields) => {
    expect(refusal(await post(JSON.stringify(body)))).toEqual([400, "parameter-not-supplied", fields]);
  });

  test("without its fields is refused in the published words", async () => {
    const { data } = errorReply.parse((await post("{}")).json);
    expect(data).toEqual(
      [
        ["Institution ID", "connection/institution/id", "id"],
        ["Login ID", "connection/loginId", "loginId"],
        ["Password", "connection/password", "password"],
      ].map(([caption, pointer, parameter]) => ({
        type: "error",
        code: "parameter-not-supplied",
        title: "Required parameter not supplied",
        detail: `${caption} parameter is required.`,
        source: { pointer, parameter },
      })),
    );
  });

  test.each([
    ["numbers", { loginId: 1, password: 2, institution: { id: HOOLI } }, ["loginId", "password"]],
    ["a list as an id", { ...LOGINS.gavin, institution: { id: [HOOLI] } }, ["id"]],
    ["an unknown institution", { ...LOGINS.gavin, institution: { id: "../jobs" } }, ["id"]],
    ["5 kB", { ...LOGINS.gavin, password: "x".repeat(5_000), institution: { id: HOOLI } }, ["connection"]],
  ])("of %s is not valid", async (_, body, fields) => {
    expect(refusal(await post(JSON.stringify(body)))).toEqual([400, "parameter-not-valid", fields]);
  });

  test.each(["a_b", "%20", "x".repeat(65), "a%2Fb"])("of the user %s is not valid", async (userId) => {
    expect(refusal(await post(VALID, { userId }))).toEqual([400, "parameter-not-valid", ["userId"]]);
  });
});

test("no refused request reaches a bank", async () => {
  expect(await backend().loginsSent()).toBe(0);
});

test("an update is checked like a new login, against the institution of its connection", async () => {
  const owner = new MobileBackend(reached());
  const codes = { securityCode: "4321", secondaryLoginId: "second" };
  const connectionId = await connected(owner, RAVIGA, { ...LOGINS.gavin, ...codes });
  const refused = async (login: object) => refusal(await update(owner, connectionId, login));
  // The connection knows who logs in, so only the password is needed.
  for (const login of [{}, { ...LOGINS.gavin, ...codes, password: "" }]) {
    expect(await refused(login)).toEqual([400, "parameter-not-supplied", ["password"]]);
  }
  expect(await refused({ ...LOGINS.gavin, ...codes, loginId: 1 })).toEqual([
    400,
    "parameter-not-valid",
    ["loginId"],
  ]);
  const tooLong = { ...LOGINS.gavin, ...codes, password: "x".repeat(5_000) };
  expect(await refused(tooLong)).toEqual([400, "parameter-not-valid", ["connection"]]);
  const posts = (await owner.upstreamCalls()).filter((call) => call.startsWith("POST /users/"));
  expect(posts).toEqual([`POST /users/${owner.userId}/connections`]);
});
