import { decodeJwt, decodeProtectedHeader } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TokenClaims } from "../../functions/access/caller.ts";
import { kmsTokenIssuer, kmsTokenVerifier } from "../../functions/access/tokens.ts";
import { SealBroken } from "../../functions/jobs/domain/errors.ts";
import { Secret, type SecretRef } from "../../functions/jobs/domain/secret.ts";
import { kmsSealer, tellBrokenSeals } from "../../functions/jobs/store/vault.ts";
import { localKms } from "../support/local-kms.ts";

let kms: Awaited<ReturnType<typeof localKms>>;
beforeAll(async () => {
  kms = await localKms();
});
afterAll(() => kms.close());

const ref: SecretRef = { jobId: "j", userId: "u", purpose: "login" };

const opener = (keyId = "sealing") => tellBrokenSeals(kmsSealer(kms.client, keyId));

describe("a seal", () => {
  test("opens for its own reference, and holds no plain text", async () => {
    const sealer = kmsSealer(kms.client, "sealing");
    const sealed = await sealer.seal(ref, new Secret("hooli2016 é\u0000"));
    expect((await sealer.unseal(ref, sealed)).reveal()).toBe("hooli2016 é\u0000");
    expect(Buffer.from(sealed).toString("latin1")).not.toContain("hooli2016");
    expect(Buffer.from(await sealer.seal(ref, new Secret("hooli2016")))).not.toEqual(Buffer.from(sealed));
  });

  test.each([
    { ...ref, jobId: "k" },
    { ...ref, userId: "v" },
    { ...ref, purpose: "answer-1" as const },
    { jobId: "u", userId: "j", purpose: "login" as const },
  ])("does not open for %j", async (other) => {
    const sealer = opener();
    const sealed = await sealer.seal(ref, new Secret("hooli2016"));
    await expect(sealer.unseal(other, sealed)).rejects.toThrow(SealBroken);
  });

  test("does not open when a byte of it is another one, or when another key made it", async () => {
    const sealed = await kmsSealer(kms.client, "sealing").seal(ref, new Secret("hooli2016"));
    const changed = sealed.map((byte, at) => (at === sealed.length - 1 ? byte ^ 1 : byte));
    await expect(opener().unseal(ref, changed)).rejects.toThrow(SealBroken);
    await expect(opener("of-another-stage").unseal(ref, sealed)).rejects.toThrow(SealBroken);
  });

  test("that only cannot be opened now is no broken one", async () => {
    const sealed = await kmsSealer(kms.client, "sealing").seal(ref, new Secret("hooli2016"));
    const error: unknown = await opener("nobody")
      .unseal(ref, sealed)
      .catch((reason) => reason);
    expect(error).toMatchObject({ name: "NotFoundException" });
  });

  test("takes all that a login or its answers may have, and no more", async () => {
    const sealer = kmsSealer(kms.client, "sealing");
    await sealer.seal(ref, new Secret("x".repeat(4096)));
    await expect(sealer.seal(ref, new Secret("x".repeat(4097)))).rejects.toThrow();
  });
});

const claims: TokenClaims = { scope: "CLIENT_ACCESS", version: "3.0", userId: "ea3a81" };
const issued = async (of = claims, keyId = "signing") =>
  (await kmsTokenIssuer(kms.client, keyId).issue(of)).accessToken.reveal();
const verify = (token: string) => kmsTokenVerifier(kms.client, "signing").verify(token);

describe("a token", () => {
  test.each([
    claims,
    { scope: "SERVER_ACCESS", version: "2.1", userId: undefined },
    { scope: "CLIENT_ACCESS", version: "2.0", userId: undefined },
  ] as const)("for %j says so, and is believed", async (of) => {
    expect(await verify(await issued(of))).toEqual(of);
  });

  test("can be read by a web client, and lasts an hour", async () => {
    const { expiresInSeconds, accessToken } = await kmsTokenIssuer(kms.client, "signing").issue(claims);
    const token = accessToken.reveal();
    expect(expiresInSeconds).toBe(3600);
    expect(decodeProtectedHeader(token)).toEqual({ alg: "ES256", typ: "JWT" });
    const payload = decodeJwt(token);
    expect(Object.keys(payload).sort()).toEqual(["exp", "iat", "scope", "userid", "version"]);
    expect(payload).toMatchObject({ scope: "CLIENT_ACCESS", userid: "ea3a81", version: "3.0" });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3600);
  });

  test("is verified with a key that was fetched once", async () => {
    const verifier = kmsTokenVerifier(kms.client, "signing");
    const tokens = await Promise.all([issued(), issued(), issued()]);
    const before = kms.asked.length;
    await Promise.all(tokens.map((token) => verifier.verify(token)));
    await verifier.verify(await issued());
    expect(kms.asked.slice(before)).toEqual(["GetPublicKeyCommand", "SignCommand"]);
  });

  test("is verified again after the key could not be fetched", async () => {
    const token = await issued();
    let isDown = true;
    const flaky = new Proxy(kms.client, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (name !== "send" || typeof value !== "function") return value;
        return async (...args: unknown[]) => {
          if (isDown) throw new Error("down");
          return Reflect.apply(value, target, args);
        };
      },
    });
    const verifier = kmsTokenVerifier(flaky, "signing");
    await expect(verifier.verify(token)).rejects.toThrow("down");
    isDown = false;
    expect(await verifier.verify(token)).toEqual(claims);
  });
});
