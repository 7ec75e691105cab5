import { DecryptCommand, EncryptCommand, type KMSClient } from "@aws-sdk/client-kms";
import { Secret } from "../domain/secret.ts";
import type { Sealer } from "../domain/secret-ports.ts";

/** Seals with KMS under the reference as its encryption context: moved to another job, a seal does not open. */
export function kmsSealer(client: KMSClient, keyId: string): Sealer {
  return {
    async seal({ jobId, userId, purpose }, secret) {
      const { CiphertextBlob } = await client.send(
        new EncryptCommand({
          KeyId: keyId,
          Plaintext: Buffer.from(secret.reveal()),
          EncryptionContext: { jobId, userId, purpose },
        }),
      );
      if (CiphertextBlob === undefined) throw new Error("KMS gave no ciphertext.");
      return CiphertextBlob;
    },

    async unseal({ jobId, userId, purpose }, sealed) {
      const { Plaintext } = await client.send(
        new DecryptCommand({
          KeyId: keyId,
          CiphertextBlob: sealed,
          EncryptionContext: { jobId, userId, purpose },
        }),
      );
      if (Plaintext === undefined) throw new Error("KMS gave no plaintext.");
      return new Secret(Buffer.from(Plaintext).toString());
    },
  };
}
