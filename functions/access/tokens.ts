import { type KMSClient, SignCommand } from "@aws-sdk/client-kms";
import format from "ecdsa-sig-formatter";
import { Secret } from "../jobs/domain/secret.ts";
import type { TokenIssuer } from "../jobs/domain/secret-ports.ts";
import { TOKEN_ALGORITHM, tokenPayload } from "./token-claims.ts";

const TOKEN_LIFE_SECONDS = 3600;

/** Signs tokens by a KMS key that never leaves KMS; jose, which verifies them, cannot sign with a key it does not hold. */
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
