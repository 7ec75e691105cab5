import { generateKeyPairSync, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listenLocally } from "../../infra/local/local-server.ts";
import { signedByAnother } from "../access/access-credentials.ts";
import { deployedParts } from "../access/deployed-parts.ts";
import { encoded, serverClaims, type TokenMaker, tokenMaker } from "../access/token-maker.ts";
import { posting, refusal } from "./posting.ts";
import { target } from "./target.ts";

const { backend, serverToken } = posting(target());
const REFUSED = [401, "invalid-authorization-token", [undefined]];

let tokens: TokenMaker;
beforeAll(async () => {
  tokens = tokenMaker((await deployedParts()).signingKeyId);
});

const asUser = (headers: Record<string, string>, query = "") =>
  backend().send("GET", `/users/${backend().userId}/jobs${query}`, { headers });
const asReader = (headers: Record<string, string>) =>
  backend().send("GET", `/jobs/${randomUUID()}`, { headers });

async function expectRefused(authorization: string): Promise<void> {
  expect(refusal(await asUser({ authorization }))).toEqual(REFUSED);
  expect(refusal(await asReader({ authorization }))).toEqual(REFUSED);
}

const now = () => Math.floor(Date.now() / 1000);
const client = (userid: unknown) => ({ ...serverClaims(), scope: "CLIENT_ACCESS", userid });

describe("a token that our key has signed is refused", () => {
  test.each<[string, () => unknown]>([
    ["never ends", () => ({ ...serverClaims(), exp: undefined })],
    ["says in a string when it ends", () => ({ ...serverClaims(), exp: String(now() + 3600) })],
    ["ends at no number", () => ({ ...serverClaims(), exp: null })],
    ["begins in an hour", () => ({ ...serverClaims(), nbf: now() + 3600 })],
    ["says in a string when it begins", () => ({ ...serverClaims(), nbf: String(now()) })],
    ["has no scope", () => ({ ...serverClaims(), scope: undefined })],
    ["has a scope of another name", () => ({ ...serverClaims(), scope: "ADMIN_ACCESS" })],
    ["has a scope in small letters", () => ({ ...serverClaims(), scope: "server_access" })],
    ["has a list of scopes", () => ({ ...serverClaims(), scope: ["SERVER_ACCESS"] })],
    ["has a version that is none", () => ({ ...serverClaims(), version: "4.0" })],
    ["is for a number", () => client(1)],
    ["is for nothing at all", () => client(null)],
    ["is for a list of users", () => client([backend().userId])],
    ["is for an object", () => client({ id: backend().userId })],
    ["is for everybody", () => client("*")],
    ["is for an empty name", () => client("")],
    ["is for a path", () => client(`${backend().userId}/connections`)],
    ["is for another path", () => client(`../${backend().userId}`)],
    ["is for a name with a line's end", () => client(`${backend().userId}\n`)],
    ["is for a name of 65 letters", () => client("a".repeat(65))],
    ["says a list", () => [serverClaims()]],
    ["says a word", () => "SERVER_ACCESS"],
    ["says nothing", () => ({})],
  ])("when it %s", async (_, claims) => {
    await expectRefused(`Bearer ${await tokens.signed(claims())}`);
  });

  test.each<[string, object]>([
    ["is of another type", { alg: "ES256", typ: "at+jwt" }],
    ["is of no type", { alg: "ES256" }],
    ["calls what we do not know critical", { alg: "ES256", typ: "JWT", crit: ["x"], x: 1 }],
    ["has a payload that is not encoded", { alg: "ES256", typ: "JWT", crit: ["b64"], b64: false }],
    ["names another algorithm", { alg: "ES384", typ: "JWT" }],
    ["names none", { typ: "JWT" }],
  ])("when it %s", async (_, header) => {
    await expectRefused(`Bearer ${await tokens.signed(serverClaims(), header)}`);
  });

  test("unless nothing is wrong with it, and then reaches no more than it says", async () => {
    const authorization = `Bearer ${await tokens.signed(serverClaims())}`;
    expect((await asUser({ authorization })).status).toBe(200);
    const bound = `Bearer ${await tokens.signed({ ...serverClaims(), userid: "somebody-else" })}`;
    expect(refusal(await asUser({ authorization: bound }))).toEqual([
      401,
      "unauthorized-access",
      [undefined],
    ]);
  });
});

describe("a token that another key has signed", () => {
  let asked = 0;
  let keys: Awaited<ReturnType<typeof listenLocally>>;
  beforeAll(async () => {
    keys = await listenLocally(
      createServer((_, response) => {
        asked++;
        response.end("{}");
      }),
    );
  });
  afterAll(() => keys.close());

  test("is refused whatever its header says of keys, and no key is fetched", async () => {
    const jwk = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "jwk" });
    const { signingKeyId } = await deployedParts();
    const headers = [
      { jwk },
      { jku: `${keys.url}/keys` },
      { x5u: `${keys.url}/certificate` },
      { x5c: [(await tokens.publicKey()).toString("base64")] },
      { kid: signingKeyId },
      { kid: "../../../../dev/null" },
      { kid: "' OR 1=1 --" },
    ];
    for (const header of headers) {
      await expectRefused(
        `Bearer ${signedByAnother(serverClaims(), { alg: "ES256", typ: "JWT", ...header })}`,
      );
    }
    expect(asked).toBe(0);
  });
});

describe("a good token", () => {
  test.each<[string, (token: string) => string]>([
    ["after no scheme", (token) => token],
    ["after the scheme of API keys", (token) => `Basic ${token}`],
    ["after another scheme", (token) => `Token ${token}`],
    ["that a second one follows", (token) => `Bearer ${token} ${token}`],
    ["that a comma and a second one follow", (token) => `Bearer ${token}, Bearer ${token}`],
    ["that a comma follows", (token) => `Bearer ${token},`],
    ["in quotes", (token) => `Bearer "${token}"`],
    ["with a fourth part", (token) => `Bearer ${token}.${encoded({})}`],
    ["without its last letters", (token) => `Bearer ${token.slice(0, -4)}`],
    ["before 9,000 letters", (token) => `Bearer ${token}${"A".repeat(9_000)}`],
  ])("%s is none", async (_, authorization) => {
    await expectRefused(authorization(serverToken()));
  });

  test("anywhere but in its header is none", async () => {
    const token = serverToken();
    for (const name of ["access_token", "token", "Authorization"]) {
      expect(refusal(await asUser({}, `?${name}=${token}`))).toEqual(REFUSED);
    }
    for (const name of ["x-authorization", "proxy-authorization", "x-access-token", "cookie"]) {
      expect(refusal(await asUser({ [name]: `Bearer ${token}` }))).toEqual(REFUSED);
    }
  });

  test.each(["bearer", "BEARER"])("counts after '%s' too: schemes have no case", async (scheme) => {
    expect((await asUser({ authorization: `${scheme} ${serverToken()}` })).status).toBe(200);
  });
});
