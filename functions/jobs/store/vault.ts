import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DecryptCommand, EncryptCommand, type KMSClient } from "@aws-sdk/client-kms";
import { deleteRow, putRow, readRow } from "../../platform/dynamo.ts";
import type { Clock } from "../domain/clock.ts";
import { SealBroken } from "../domain/errors.ts";
import type { Sealer, Vault } from "../domain/ports.ts";
import { Secret, type SecretRef } from "../domain/secret.ts";

/**
 * Encrypts with KMS, with the reference as the encryption context: a ciphertext that was moved to another
 * job cannot be decrypted.
 */
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

/** KMS's errors for a ciphertext that is damaged, or was made with another context or another key. */
const NEVER_OPENS = /^(InvalidCiphertext|IncorrectKey)Exception$/;

/**
 * Throws `SealBroken` if a ciphertext can never be decrypted. Passes on all other errors: the workflow
 * retries a Task only for these.
 */
export function namingBrokenSeals(sealer: Sealer): Sealer {
  return {
    ...sealer,
    unseal: (ref, sealed) =>
      sealer.unseal(ref, sealed).catch((error: unknown) => {
        throw error instanceof Error && NEVER_OPENS.test(error.name) ? new SealBroken() : error;
      }),
  };
}

export interface VaultOptions {
  client: DynamoDBClient;
  tableName: string;
  sealer: Sealer;
  clock: Clock;
}

/** Stores each sealed secret in its own row. An expired row counts as missing, even before DynamoDB deletes it. */
export function dynamoVault({ client, tableName, sealer, clock }: VaultOptions): Vault {
  const { unseal } = namingBrokenSeals(sealer);

  async function sealedOf(ref: SecretRef): Promise<Uint8Array | undefined> {
    const { sealed, expiresAt } = (await readRow(client, tableName, keyOf(ref))) ?? {};
    const isOver = typeof expiresAt !== "number" || expiresAt * 1000 <= clock.now().getTime();
    return isOver || !(sealed instanceof Uint8Array) ? undefined : sealed;
  }

  return {
    async store(ref, secret, until) {
      const sealed = await sealer.seal(ref, secret);
      const expiresAt = Math.ceil(until.getTime() / 1000);
      await putRow(client, tableName, { ...keyOf(ref), sealed, expiresAt }, ["attribute_not_exists(jobId)"]);
    },

    async destroy(ref) {
      await deleteRow(client, tableName, keyOf(ref));
    },

    async holds(ref) {
      return (await sealedOf(ref)) !== undefined;
    },

    async reveal(ref) {
      const sealed = await sealedOf(ref);
      return sealed === undefined ? undefined : unseal(ref, sealed);
    },
  };
}

function keyOf({ jobId, purpose }: SecretRef) {
  return { jobId, purpose };
}
