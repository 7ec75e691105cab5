import { createPublicKey, type KeyObject } from "node:crypto";
import { GetPublicKeyCommand, type KMSClient, SignCommand } from "@aws-sdk/client-kms";
import format from "ecdsa-sig-formatter";
import { jwtVerify } from "jose";
import { JWTExpired } from "jose/errors";
import * as z from "zod/mini";
import { userIdSchema } from "../jobs/domain/ids.ts";
import { Refusal } from "../jobs/domain/refusal.ts";
import { Secret } from "../jobs/domain/secret.ts";
import { API_VERSIONS, SCOPES, type TokenClaims } from "./caller.ts";
import type { TokenIssuer, TokenVerifier } from "./ports.ts";

const TOKEN_ALGORITHM = "ES256";

/** The claims that published web clients read when they decode a token. */
const payloadSchema = z.object({
  scope: z.enum(SCOPES),
  version: z.enum(API_VERSIONS),
  userid: z.optional(userIdSchema),
});

/** `issuedAt` and `expiresAt` are in seconds since 1970. */
export function tokenPayload({ scope, version, userId }: TokenClaims, issuedAt: number, expiresAt: number) {
  return { scope, version, userid: userId, iat: issuedAt, exp: expiresAt };
}

/** Returns `undefined` if the payload does not have the form of our tokens. */
export function readTokenPayload(payload: unknown): TokenClaims | undefined {
  const parsed = z.safeParse(payloadSchema, payload);
  if (!parsed.success) return undefined;
  const { scope, version, userid } = parsed.data;
  return { scope, version, userId: userid };
}

const TOKEN_LIFE_SECONDS = 3600;

/**
 * Signs tokens with a KMS key. jose verifies them but cannot sign them: jose needs the private
 * key, which never leaves KMS.
 */
export function kmsTokenIssuer(client: KMSClient, keyId: string): TokenIssuer {
  return {
    async issue(claims) {
      const issuedAt = Math.floor(Date.now() / 1000);
      const payload = tokenPayload(claims, issuedAt, issuedAt + TOKEN_LIFE_SECONDS);
      const unsigned = `${encode({ alg: TOKEN_ALGORITHM, typ: "JWT" })}.${encode(payload)}`;
      const { Signature } = await client.send(
        new SignCommand({
          KeyId: keyId,
          Message: Buffer.from(unsigned),
          MessageType: "RAW",
          SigningAlgorithm: "ECDSA_SHA_256",
        }),
      );
      if (Signature === undefined) throw new Error("KMS gave no signature.");
      const signature = format.derToJose(Buffer.from(Signature), TOKEN_ALGORITHM);
      return {
        accessToken: new Secret(`${unsigned}.${signature}`),
        expiresInSeconds: TOKEN_LIFE_SECONDS,
      };
    },
  };
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

/**
 * Verifies tokens with the public half of the signing key. Fetches that key once, and again
 * only after a failed fetch.
 */
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
