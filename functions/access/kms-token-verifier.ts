import { createPublicKey, type KeyObject } from "node:crypto";
import { GetPublicKeyCommand, type KMSClient } from "@aws-sdk/client-kms";
import { jwtVerify } from "jose";
import { JWTExpired } from "jose/errors";
import { Refusal } from "../jobs/domain/refusal.ts";
import type { TokenVerifier } from "../jobs/domain/secret-ports.ts";
import { readTokenPayload, TOKEN_ALGORITHM } from "./token-claims.ts";

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
      const payload = await verifiedPayload(token, key);
      const claims = readTokenPayload(payload);
      if (claims === undefined) throw new Refusal("token-not-valid");
      return claims;
    },
  };
}

async function verifiedPayload(token: string, key: KeyObject): Promise<unknown> {
  try {
    const options = { algorithms: [TOKEN_ALGORITHM], typ: "JWT", requiredClaims: ["exp"] };
    return (await jwtVerify(token, key, options)).payload;
  } catch (error) {
    throw new Refusal(error instanceof JWTExpired ? "token-expired" : "token-not-valid");
  }
}

async function fetchPublicKey(client: KMSClient, keyId: string): Promise<KeyObject> {
  const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId: keyId }));
  if (PublicKey === undefined) throw new Error("KMS gave no public key.");
  return createPublicKey({ key: Buffer.from(PublicKey), format: "der", type: "spki" });
}
