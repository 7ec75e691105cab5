import { GetPublicKeyCommand, KMSClient, SignCommand } from "@aws-sdk/client-kms";
import format from "ecdsa-sig-formatter";

const OUR_HEADER = { alg: "ES256", typ: "JWT" };

export type TokenMaker = ReturnType<typeof tokenMaker>;

export function encoded(part: unknown): string {
  return Buffer.from(typeof part === "string" ? part : JSON.stringify(part)).toString("base64url");
}

/** Claims of a backend's token that nothing is wrong with. */
export function serverClaims() {
  const now = Math.floor(Date.now() / 1000);
  return { scope: "SERVER_ACCESS", version: "3.0", iat: now, exp: now + 3600 };
}

/** Makes tokens with the key that signs those of the system, whatever they say. */
export function tokenMaker(keyId: string, client = new KMSClient({})) {
  return {
    async signed(claims: unknown, header: object = OUR_HEADER): Promise<string> {
      const unsigned = `${encoded(header)}.${encoded(claims)}`;
      const { Signature = new Uint8Array() } = await client.send(
        new SignCommand({
          KeyId: keyId,
          Message: Buffer.from(unsigned),
          MessageType: "RAW",
          SigningAlgorithm: "ECDSA_SHA_256",
        }),
      );
      return `${unsigned}.${format.derToJose(Buffer.from(Signature), "ES256")}`;
    },

    /** DER, as KMS hands it out to everybody who may ask. */
    async publicKey(): Promise<Buffer> {
      const { PublicKey = new Uint8Array() } = await client.send(new GetPublicKeyCommand({ KeyId: keyId }));
      return Buffer.from(PublicKey);
    },
  };
}
