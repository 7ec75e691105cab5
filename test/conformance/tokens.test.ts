import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { GetPublicKeyCommand, SignCommand } from "@aws-sdk/client-kms";
import format from "ecdsa-sig-formatter";
import { decodeJwt, decodeProtectedHeader, SignJWT } from "jose";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import type { TokenClaims } from "../../functions/access/caller.ts";
import type { TokenIssuer, TokenVerifier } from "../../functions/access/ports.ts";
import {
  kmsTokenIssuer,
  kmsTokenVerifier,
  readTokenPayload,
  tokenPayload,
} from "../../functions/access/tokens.ts";
import { Refusal } from "../../functions/jobs/domain/refusal.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { fakeTokens } from "../support/fake-ports.ts";
import { localKms } from "../support/local-aws.ts";

const kms = await localKms();
afterAll(kms.close);
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

interface Tokens {
  issuer: TokenIssuer;
  verifier: TokenVerifier;
  /** Has another key. */
  stranger: TokenIssuer;
  pass(ms: number): void;
}

function inMemory(): Tokens {
  const clock = fakeClock();
  const tokens = fakeTokens(clock);
  return { issuer: tokens, verifier: tokens, stranger: fakeTokens(clock), pass: clock.pass };
}

function signedByKms(): Tokens {
  vi.useFakeTimers({ toFake: ["Date"] });
  return {
    issuer: kmsTokenIssuer(kms.client, "signing"),
    verifier: kmsTokenVerifier(kms.client, "signing"),
    stranger: kmsTokenIssuer(kms.client, "another"),
    pass: (ms) => vi.setSystemTime(Date.now() + ms),
  };
}

const IMPLEMENTATIONS: [string, () => Tokens][] = [
  ["in memory", inMemory],
  ["signed by KMS", signedByKms],
];

const server: TokenClaims = { scope: "SERVER_ACCESS", version: "2.1" };
const client: TokenClaims = { scope: "CLIENT_ACCESS", version: "3.0", userId: "ea3a81" };
const unbound: TokenClaims = { scope: "CLIENT_ACCESS", version: "2.0", userId: undefined };

const issuedBy = async (issuer: TokenIssuer, claims = client) =>
  (await issuer.issue(claims)).accessToken.reveal();

async function reasonOf(verifier: TokenVerifier, token: string) {
  const error: unknown = await verifier.verify(token).catch((reason: unknown) => reason);
  return error instanceof Refusal ? error.problems[0].reason : error;
}

describe.each(IMPLEMENTATIONS)("a token %s", (_, make) => {
  test.each([server, client, unbound])("for %j gives these claims when it is verified", async (claims) => {
    const { issuer, verifier } = make();
    expect(await verifier.verify(await issuedBy(issuer, claims))).toEqual(claims);
  });

  test("is refused as expired from the end of its hour on", async () => {
    const { issuer, verifier, pass } = make();
    const { accessToken, expiresInSeconds } = await issuer.issue(client);
    expect(expiresInSeconds).toBe(3600);
    pass(3590_000);
    expect(await verifier.verify(accessToken.reveal())).toEqual(client);
    pass(10_000);
    expect(await reasonOf(verifier, accessToken.reveal())).toBe("token-expired");
  });

  test("that is malformed, was changed, or was issued with another key is refused as not valid", async () => {
    const { issuer, verifier, stranger } = make();
    const token = await issuedBy(issuer);
    const malformed = ["", ".", "..", "a.b.c", "not a token", "e30.e30.e30", "\u0000"];
    const changed = [`${token}x`, token.slice(1), `${"A".repeat(9000)}.x.y`];
    for (const text of [await issuedBy(stranger), ...changed, ...malformed]) {
      expect(await reasonOf(verifier, text)).toBe("token-not-valid");
    }
  });
});

describe("a token signed by KMS", () => {
  const signing = kmsTokenIssuer(kms.client, "signing");
  const verifier = kmsTokenVerifier(kms.client, "signing");

  test("can be read by a web client, and lasts an hour", async () => {
    const token = await issuedBy(signing);
    expect(decodeProtectedHeader(token)).toEqual({ alg: "ES256", typ: "JWT" });
    const { iat = 0, exp = 0, ...claims } = decodeJwt(token);
    expect(claims).toEqual({ scope: "CLIENT_ACCESS", userid: "ea3a81", version: "3.0" });
    expect(exp - iat).toBe(3600);
  });

  test("is verified with a public key that is fetched once, and again only after a failure", async () => {
    const token = await issuedBy(signing);
    vi.spyOn(kms.client, "send").mockImplementationOnce(() => Promise.reject(new Error("down")));
    const cold = kmsTokenVerifier(kms.client, "signing");
    await expect(cold.verify(token)).rejects.toThrow("down");
    const before = kms.asked.length;
    expect(await Promise.all([token, token].map(cold.verify))).toEqual([client, client]);
    await cold.verify(token);
    expect(kms.asked.slice(before)).toEqual(["GetPublicKeyCommand"]);
  });

  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const now = () => Math.floor(Date.now() / 1000);
  const payload = () => tokenPayload(server, now(), now() + 3600);

  /** A token with any payload and header, signed with our key. */
  async function signed(says: object, header: object = { alg: "ES256", typ: "JWT" }) {
    const unsigned = `${encode(header)}.${encode(says)}`;
    const { Signature = new Uint8Array() } = await kms.client.send(
      new SignCommand({
        KeyId: "signing",
        Message: Buffer.from(unsigned),
        MessageType: "RAW",
        SigningAlgorithm: "ECDSA_SHA_256",
      }),
    );
    return `${unsigned}.${format.derToJose(Buffer.from(Signature), "ES256")}`;
  }

  test("is refused when one letter of any part is changed", async () => {
    const parts = (await issuedBy(signing)).split(".");
    for (const [index, part] of parts.entries()) {
      const at = Math.floor(part.length / 2);
      const changed = `${part.slice(0, at)}${part[at] === "A" ? "B" : "A"}${part.slice(at + 1)}`;
      expect(await reasonOf(verifier, parts.with(index, changed).join("."))).toBe("token-not-valid");
    }
  });

  test("is refused without its signature, whatever algorithm its header names", async () => {
    const [header, body] = (await issuedBy(signing)).split(".");
    const named = ["none", "None", "NONE", ""].map((alg) => encode({ alg, typ: "JWT" }));
    const unsigned = named.map((each) => `${each}.${encode(payload())}.`);
    for (const token of [...unsigned, `${header}.${body}.`, `${header}.${body}`]) {
      expect(await reasonOf(verifier, token)).toBe("token-not-valid");
    }
  });

  test("is refused when the public key was used as a secret", async () => {
    const { PublicKey = [] } = await kms.client.send(new GetPublicKeyCommand({ KeyId: "signing" }));
    const key = createPublicKey({ key: Buffer.from(PublicKey), format: "der", type: "spki" });
    const pem = Buffer.from(key.export({ type: "spki", format: "pem" }).toString());
    for (const secret of [pem, key.export({ type: "spki", format: "der" })]) {
      const forged = new SignJWT(payload()).setProtectedHeader({ alg: "HS256", typ: "JWT" });
      expect(await reasonOf(verifier, await forged.sign(secret))).toBe("token-not-valid");
    }
  });

  test("is refused when its header brings the key that signed it", async () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const key = createPrivateKey(privateKey.export({ type: "pkcs8", format: "pem" }));
    const { x = "", y = "" } = createPublicKey(key).export({ format: "jwk" });
    const jwk = { kty: "EC", crv: "P-256", x, y };
    const forged = new SignJWT(payload()).setProtectedHeader({ alg: "ES256", typ: "JWT", jwk });
    expect(await reasonOf(verifier, await forged.sign(key))).toBe("token-not-valid");
  });

  test.each([
    ["never ends", { exp: undefined }],
    ["ends at no time", { exp: "tomorrow" }],
    ["has no scope", { scope: undefined }],
    ["has an unknown scope", { scope: "ADMIN" }],
    ["has an unknown version", { version: "4.0" }],
    ["has a user that cannot exist", { userid: "a/b" }],
    ["starts in the future", { nbf: Math.floor(Date.now() / 1000) + 3600 }],
  ])("is refused when its payload %s", async (_, says) => {
    expect(await reasonOf(verifier, await signed({ ...payload(), ...says }))).toBe("token-not-valid");
  });

  test.each([{ alg: "ES256" }, { alg: "ES256", typ: "at+jwt" }, { alg: "ES256", typ: "" }])(
    "is refused when its header is %j, as it may have another purpose",
    async (header) => {
      expect(await reasonOf(verifier, await signed(payload(), header))).toBe("token-not-valid");
    },
  );

  test("is accepted when nothing is wrong with it", async () => {
    expect(await verifier.verify(await signed(payload()))).toEqual(server);
    for (const none of [null, "x", {}]) expect(readTokenPayload(none)).toBeUndefined();
  });
});
