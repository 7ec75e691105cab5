import { createPublicKey, type KeyObject } from "node:crypto";
import { GetPublicKeyCommand, type KMSClient } from "@aws-sdk/client-kms";
import { compactVerify } from "jose";
import type { TokenVerifier } from "../domain/ports.ts";
import { Refusal } from "../domain/refusal.ts";
import { readTokenPayload, TOKEN_ALGORITHM } from "../wire/token-claims.ts";

/** Verifies with the public half of the signing key, fetched once. */
export function kmsTokenVerifier(client: KMSClient, keyId: string): TokenVerifier {
  let fetched: Promise<KeyObject> | undefined;

  function publicKey(): Promise<KeyObject> {
    fetched ??= fetchPublicKey(client, keyId).catch((error: unknown) => {
      fetched = undefined;
      throw error;
    });
    return fetched;
  }

  return {
    async verify(token) {
      const key = await publicKey();
      const claims = readTokenPayload(await verifiedPayload(token, key), Date.now() / 1000);
      if (claims === "over") throw new Refusal("token-expired");
      if (claims === undefined) throw new Refusal("token-not-valid");
      return claims;
    },
  };
}

async function verifiedPayload(token: string, key: KeyObject): Promise<unknown> {
  try {
    const { payload } = await compactVerify(token, key, { algorithms: [TOKEN_ALGORITHM] });
    return JSON.parse(Buffer.from(payload).toString());
  } catch {
    throw new Refusal("token-not-valid");
  }
}

async function fetchPublicKey(client: KMSClient, keyId: string): Promise<KeyObject> {
  const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId: keyId }));
  if (PublicKey === undefined) throw new Error("KMS gave no public key.");
  return createPublicKey({ key: Buffer.from(PublicKey), format: "der", type: "spki" });
}
