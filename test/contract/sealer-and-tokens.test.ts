import { decodeJwt, decodeProtectedHeader } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TokenClaims } from "../../functions/access/caller.ts";
import { kmsTokenIssuer, kmsTokenVerifier } from "../../functions/access/tokens.ts";
import { Secret, type SecretRef } from "../../functions/jobs/domain/secret.ts";
import { kmsSealer, tellBrokenSeals } from "../../functions/jobs/store/vault.ts";
import { localKms } from "../support/local-aws.ts";

let kms: Awaited<ReturnType<typeof localKms>>;
beforeAll(async () => {
  kms = await localKms();
});
afterAll(() => kms.close());

const ref: SecretRef = { jobId: "j", userId: "u", purpose: "login" };

const opener = (keyId = "sealing") => tellBrokenSeals(kmsSealer(kms.client, keyId));

describe("a seal", () => {
  test("that only cannot be opened now is no broken one", async () => {
    const sealed = await kmsSealer(kms.client, "sealing").seal(ref, new Secret("hooli2016"));
    const error: unknown = await opener("nobody")
      .unseal(ref, sealed)
      .catch((reason) => reason);
    expect(error).toMatchObject({ name: "NotFoundException" });
  });
});

const claims: TokenClaims = { scope: "CLIENT_ACCESS", version: "3.0", userId: "ea3a81" };
const issued = async (of = claims, keyId = "signing") =>
  (await kmsTokenIssuer(kms.client, keyId).issue(of)).accessToken.reveal();

describe("a token", () => {
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
