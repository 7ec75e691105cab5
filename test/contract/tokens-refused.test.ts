import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { GetPublicKeyCommand, SignCommand } from "@aws-sdk/client-kms";
import format from "ecdsa-sig-formatter";
import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TokenClaims } from "../../functions/access/caller.ts";
import { kmsTokenIssuer, kmsTokenVerifier } from "../../functions/access/tokens.ts";
import { Refusal } from "../../functions/jobs/domain/refusal.ts";
import { localKms } from "../support/local-aws.ts";

let kms: Awaited<ReturnType<typeof localKms>>;
beforeAll(async () => {
  kms = await localKms();
});
afterAll(() => kms.close());

const claims: TokenClaims = { scope: "CLIENT_ACCESS", version: "3.0", userId: "ea3a81" };
const issued = async (of = claims, keyId = "signing") =>
  (await kmsTokenIssuer(kms.client, keyId).issue(of)).accessToken.reveal();
const verify = (token: string) => kmsTokenVerifier(kms.client, "signing").verify(token);

async function reasonFor(token: string) {
  const error: unknown = await verify(token).catch((reason: unknown) => reason);
  return error instanceof Refusal ? error.problems[0].reason : error;
}

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
const now = () => Math.floor(Date.now() / 1000);
const payload = () => ({ scope: "SERVER_ACCESS", version: "3.0", iat: now(), exp: now() + 3600 });

/** A token that is signed as ours are, with whatever it says. */
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

async function publicKey() {
  const { PublicKey = new Uint8Array() } = await kms.client.send(
    new GetPublicKeyCommand({ KeyId: "signing" }),
  );
  return createPublicKey({ key: Buffer.from(PublicKey), format: "der", type: "spki" });
}

describe("a token that is not ours is refused", () => {
  test("when a single letter of any part is another one", async () => {
    const parts = (await issued()).split(".");
    for (const [index, part] of parts.entries()) {
      const at = Math.floor(part.length / 2);
      const changed = `${part.slice(0, at)}${part[at] === "A" ? "B" : "A"}${part.slice(at + 1)}`;
      expect(await reasonFor(parts.with(index, changed).join("."))).toBe("token-not-valid");
    }
  });

  test("when it is not signed, whatever it calls that", async () => {
    for (const alg of ["none", "None", "NONE", ""]) {
      expect(await reasonFor(`${encode({ alg, typ: "JWT" })}.${encode(payload())}.`)).toBe("token-not-valid");
    }
    const [header, body] = (await issued()).split(".");
    expect(await reasonFor(`${header}.${body}.`)).toBe("token-not-valid");
    expect(await reasonFor(`${header}.${body}`)).toBe("token-not-valid");
  });

  test("when the public key was used as a secret", async () => {
    const key = await publicKey();
    const pem = Buffer.from(key.export({ type: "spki", format: "pem" }).toString());
    const der = key.export({ type: "spki", format: "der" });
    for (const secret of [pem, der]) {
      const token = await new SignJWT(payload())
        .setProtectedHeader({ alg: "HS256", typ: "JWT" })
        .sign(secret);
      expect(await reasonFor(token)).toBe("token-not-valid");
    }
  });

  test("when another key signed it", async () => {
    expect(await reasonFor(await issued(claims, "another"))).toBe("token-not-valid");
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const key = createPrivateKey(privateKey.export({ type: "pkcs8", format: "pem" }));
    const jwk = createPublicKey(key).export({ format: "jwk" });
    const header = {
      alg: "ES256",
      typ: "JWT",
      jwk: { kty: "EC", crv: "P-256", x: `${jwk.x}`, y: `${jwk.y}` },
    };
    const token = await new SignJWT(payload()).setProtectedHeader(header).sign(key);
    expect(await reasonFor(token)).toBe("token-not-valid");
  });

  test.each(["", ".", "..", "a.b.c", "not a token", "e30.e30.e30", "\u0000", `${"A".repeat(9000)}.x.y`])(
    "when it is %j",
    async (text) => {
      expect(await reasonFor(text)).toBe("token-not-valid");
    },
  );
});

describe("a token of ours is refused", () => {
  test("when it is over, with words for that", async () => {
    const over = { ...payload(), iat: now() - 7200, exp: now() - 3600 };
    expect(await reasonFor(await signed(over))).toBe("token-expired");
  });

  test.each([
    ["never ends", { scope: "SERVER_ACCESS", version: "3.0" }],
    ["ends at no time", { ...payload(), exp: "tomorrow" }],
    ["has no scope", { ...payload(), scope: undefined }],
    ["has a scope that is none", { ...payload(), scope: "ADMIN" }],
    ["has a version that is none", { ...payload(), version: "4.0" }],
    ["has a user that cannot be one", { ...payload(), userid: "a/b" }],
    ["starts in the future", { ...payload(), nbf: Math.floor(Date.now() / 1000) + 3600 }],
  ])("when it %s", async (_, says) => {
    expect(await reasonFor(await signed(says))).toBe("token-not-valid");
  });

  test.each([{ alg: "ES256" }, { alg: "ES256", typ: "at+jwt" }, { alg: "ES256", typ: "" }])(
    "when its header is %j: it may be meant for something else",
    async (header) => {
      expect(await reasonFor(await signed(payload(), header))).toBe("token-not-valid");
    },
  );

  test("unless nothing is wrong with it", async () => {
    expect(await verify(await signed(payload()))).toEqual({ scope: "SERVER_ACCESS", version: "3.0" });
  });
});
