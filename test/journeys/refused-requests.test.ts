import { createHmac, randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { HOOLI, LOGINS, RAVIGA, TOKEN_BANK } from "./logins.ts";
import { type HttpReply, MobileBackend } from "./mobile-backend.ts";
import { errorReply } from "./reply-shapes.ts";
import { target } from "./target.ts";

const reached = target();

let server: string;
let backend: MobileBackend;

beforeAll(async () => {
  backend = new MobileBackend(reached());
  server = await backend.token();
});

/** Status, code, and the fields that the errors name. */
function refusal(reply: HttpReply): [number, string | undefined, (string | undefined)[]] {
  const { data } = errorReply.parse(reply.json);
  expect(reply.headers.get("cache-control")).toBe("no-store");
  expect(reply.headers.get("content-type")).toBe("application/json");
  expect(new Set(data.map(({ code }) => code)).size).toBe(1);
  return [reply.status, data[0]?.code, data.map(({ source }) => source?.parameter)];
}

interface PostOptions {
  token?: string | undefined;
  type?: string;
  userId?: string;
}

function post(
  body: string,
  { token = server, type = "application/json", userId = backend.userId }: PostOptions = {},
) {
  return backend.send("POST", `/users/${userId}/connections`, {
    headers: { authorization: `Bearer ${token}`, ...(type !== "" && { "content-type": type }) },
    body: Buffer.from(body),
  });
}

const ok = JSON.stringify({ ...LOGINS.gavin, institution: { id: HOOLI } });

describe("a body", () => {
  test.each([
    ["no JSON", "{loginId"],
    ["empty", ""],
    ["a list", "[]"],
    ["a string", '"text"'],
    ["null", "null"],
  ])("that is %s is invalid content", async (_, body) => {
    expect(refusal(await post(body))).toEqual([400, "invalid-content", [undefined]]);
  });

  test("that is no UTF-8 is invalid content", async () => {
    const reply = await backend.send("POST", `/users/${backend.userId}/connections`, {
      headers: { authorization: `Bearer ${server}`, "content-type": "application/json" },
      body: Buffer.from([0x7b, 0xff, 0xfe, 0x7d]),
    });
    expect(refusal(reply)).toEqual([400, "invalid-content", [undefined]]);
  });

  test("over 16 KiB is too large, and one of 16 KiB is not", async () => {
    const padded = (size: number) => ok.replace("}", `},"padding":"${"x".repeat(size)}"`);
    const overhead = Buffer.byteLength(padded(0));
    expect(refusal(await post(padded(16 * 1024 - overhead + 1)))).toEqual([
      413,
      "invalid-content",
      [undefined],
    ]);
    const fits = await post(padded(16 * 1024 - overhead), { userId: randomUUID() });
    expect(fits.status).toBe(202);
  });

  test.each(["text/plain", "application/x-www-form-urlencoded", ""])(
    "of type '%s' is unsupported",
    async (type) => {
      expect(refusal(await post(ok, { type }))).toEqual([415, "unsupported-content-type", [undefined]]);
    },
  );

  test("with a charset and fields that nobody knows is taken", async () => {
    const body = ok.replace("{", '{"unknown":{"deep":[1]},"__proto__":{"polluted":true},');
    const options = { type: "application/json; charset=utf-8", userId: randomUUID() };
    expect((await post(body, options)).status).toBe(202);
    expect(Reflect.get({}, "polluted")).toBeUndefined();
  });
});

describe("a login", () => {
  test.each([
    ["nothing at all", {}, ["id", "loginId", "password"]],
    ["no institution", LOGINS.gavin, ["id"]],
    ["no institution but a user token", { userToken: "t" }, ["id"]],
    ["no login", { institution: { id: HOOLI } }, ["loginId", "password"]],
    ["an empty password", { ...LOGINS.gavin, password: "", institution: { id: HOOLI } }, ["password"]],
    ["a null login id", { ...LOGINS.gavin, loginId: null, institution: { id: HOOLI } }, ["loginId"]],
    ["no user token", { ...LOGINS.gavin, institution: { id: TOKEN_BANK } }, ["userToken"]],
    ["no codes", { ...LOGINS.gavin, institution: { id: RAVIGA } }, ["securityCode", "secondaryLoginId"]],
  ])("with %s names every missing field at once", async (_, body, fields) => {
    expect(refusal(await post(JSON.stringify(body)))).toEqual([400, "parameter-not-supplied", fields]);
  });

  test("is told in the published words what it misses", async () => {
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
    ["objects", { ...LOGINS.gavin, userToken: { $gt: "" }, institution: { id: HOOLI } }, ["userToken"]],
    ["an institution that is text", { ...LOGINS.gavin, institution: HOOLI }, ["id"]],
    ["an institution id that is a list", { ...LOGINS.gavin, institution: { id: [HOOLI] } }, ["id"]],
  ])("of %s is not valid", async (_, body, fields) => {
    expect(refusal(await post(JSON.stringify(body)))).toEqual([400, "parameter-not-valid", fields]);
  });

  test("longer than can be sealed is not valid", async () => {
    const body = { ...LOGINS.gavin, password: "x".repeat(5_000), institution: { id: HOOLI } };
    expect(refusal(await post(JSON.stringify(body)))).toEqual([400, "parameter-not-valid", ["connection"]]);
  });

  test.each(["AU99999", "../jobs", "a".repeat(10_000)])("for no bank is refused", async (id) => {
    const reply = await post(JSON.stringify({ ...LOGINS.gavin, institution: { id } }));
    expect(refusal(reply)).toEqual([400, "parameter-not-valid", ["id"]]);
    expect(errorReply.parse(reply.json).data[0]?.detail).toBe("Requested institution does not exist.");
  });

  test.each(["a_b", "a.b", "%20", "x".repeat(65), "a%2Fb"])("of the user %s is not valid", async (userId) => {
    expect(refusal(await post(ok, { userId }))).toEqual([400, "parameter-not-valid", ["userId"]]);
  });
});

describe("a token", () => {
  const parts = () => server.split(".");
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
    expect(refusal(await post(ok, { token: token() }))).toEqual([
      401,
      "invalid-authorization-token",
      [undefined],
    ]);
    const read = await backend.send("GET", `/jobs/${randomUUID()}`, {
      headers: { authorization: `Bearer ${token()}` },
    });
    expect(refusal(read)).toEqual([401, "invalid-authorization-token", [undefined]]);
  });

  test("says who it is for, as web clients decode it", async () => {
    const token = await backend.token({ scope: "CLIENT_ACCESS", userId: "ea3a81" });
    const payload = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    expect(payload).toMatchObject({ scope: "CLIENT_ACCESS", userid: "ea3a81", version: "3.0" });
    expect(payload.exp - payload.iat).toBe(3600);
  });

  test("of a user reaches that user only, and another's job is as good as none", async () => {
    const mine = await backend.token({ scope: "CLIENT_ACCESS", userId: backend.userId });
    const theirs = await backend.token({ scope: "CLIENT_ACCESS", userId: "somebody-else" });
    expect(refusal(await post(ok, { token: theirs }))).toEqual([401, "unauthorized-access", [undefined]]);

    const made = await post(JSON.stringify({ ...LOGINS.gavin, institution: { id: "AU00004" } }), {
      token: mine,
    });
    expect(made.status).toBe(202);
    const path = `/jobs/${Reflect.get(Object(made.json), "id")}`;
    const read = (token: string, at = path) =>
      backend.send("GET", at, { headers: { authorization: `Bearer ${token}` } });
    expect((await read(mine)).status).toBe(200);
    const another = await read(theirs);
    expect(refusal(another)).toEqual([404, "resource-not-found", [undefined]]);
    const none = await read(theirs, `/jobs/${randomUUID()}`);
    const without = ({ json }: HttpReply) => ({ ...errorReply.parse(json), correlationId: "" });
    expect(without(another)).toEqual(without(none));
    expect(without(await read(theirs, "/jobs/not-an-id"))).toEqual(without(none));

    const answered = await backend.send("POST", `${path}/mfa`, {
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
    const reply = await backend.trade({}, headers);
    expect(refusal(reply)).toEqual([404, "parameter-not-valid", [undefined]]);
    const [error] = errorReply.parse(reply.json).data;
    expect(error?.detail).toBe("Unable to authenticate. Please, check your API key");
  });

  test.each([
    ["", "basiq-version"],
    ["1.0", "basiq-version"],
  ])("refuses version '%s'", async (version, field) => {
    const reply = await backend.trade({}, { "basiq-version": version });
    expect(refusal(reply)).toEqual([400, "parameter-not-valid", [field]]);
  });

  test.each(["2.0", "2.1", "3.0"])("takes version %s, and no scope for the server's", async (version) => {
    const reply = await backend.trade({}, { "basiq-version": version });
    expect([reply.status, reply.headers.get("cache-control")]).toEqual([200, "no-store"]);
  });

  test("refuses a client's token for nobody, an unknown scope, and a user id that is none", async () => {
    const client = { scope: "CLIENT_ACCESS" };
    expect(refusal(await backend.trade(client))).toEqual([400, "parameter-not-supplied", ["userId"]]);
    expect(refusal(await backend.trade({ ...client, userId: "a b" }))).toEqual([
      400,
      "parameter-not-valid",
      ["userId"],
    ]);
    expect(refusal(await backend.trade({ scope: "ALL" }))).toEqual([400, "parameter-not-valid", ["scope"]]);
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
    expect(refusal(await backend.send(method, path))).toEqual([404, "resource-not-found", [undefined]]);
  });

  test.each([
    ["GET", "/token", "POST"],
    ["PUT", "/jobs/a", "GET"],
    ["DELETE", "/users/u/connections", "POST"],
    ["POST", "/health", "GET"],
    ["GET", "/jobs/a/mfa", "POST"],
  ])("%s %s is not allowed", async (method, path, allowed) => {
    const reply = await backend.send(method, path);
    expect(refusal(reply)).toEqual([405, "method-not-allowed", [undefined]]);
    expect(reply.headers.get("allow")).toBe(allowed);
  });

  test("GET /health needs no token", async () => {
    const reply = await backend.send("GET", "/health");
    expect([reply.status, reply.json]).toEqual([200, { status: "ok" }]);
  });
});

test("nothing of all that reached a bank, and no reply repeated what was sent", async () => {
  const marker = `marker-${randomUUID()}`;
  const replies = await Promise.all([
    post(`{"loginId":"${marker}`),
    post(JSON.stringify({ loginId: [marker], password: marker, institution: { id: marker } })),
    post(JSON.stringify({ loginId: marker, institution: { id: HOOLI } })),
    backend.trade({ scope: marker }, { "basiq-version": marker }),
    backend.trade({ scope: marker }),
    backend.trade({}, { authorization: `Basic ${marker}` }),
    backend.send("GET", `/jobs/${marker}`, { headers: { authorization: `Bearer ${marker}` } }),
    backend.send("GET", `/${marker}`),
  ]);
  for (const { status, json } of replies) {
    expect(status).toBeLessThan(500);
    expect(JSON.stringify(json)).not.toContain(marker);
  }
  const bystander = new MobileBackend(reached(), backend.userId);
  const calls = (await bystander.upstreamCalls()).filter(
    (call) => call === `POST /users/${backend.userId}/connections`,
  );
  // The one job of this file for this user, and no request that was refused.
  expect(calls).toHaveLength(1);
});
