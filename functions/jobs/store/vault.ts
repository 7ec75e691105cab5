import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DecryptCommand, EncryptCommand, type KMSClient } from "@aws-sdk/client-kms";
import { deleteRow, putRow, readRow } from "../../platform/dynamo.ts";
import type { Clock } from "../domain/clock.ts";
import { SealBroken } from "../domain/errors.ts";
import type { Sealer, Vault } from "../domain/ports.ts";
import { Secret, type SecretRef } from "../domain/secret.ts";

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

/** What KMS says of a seal that is not whole, or was made under another context or by another key. */
const NEVER_OPENS = /^(InvalidCiphertext|IncorrectKey)Exception$/;

/** Tells a seal that never opens from one that cannot be opened now: a Task is retried for the latter only. */
export function tellBrokenSeals(sealer: Sealer): Sealer {
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

/** Sealed secrets, one row each. A row past its time is as good as gone, whenever TTL gets to it. */
export function dynamoVault({ client, tableName, sealer, clock }: VaultOptions): Vault {
  const { unseal } = tellBrokenSeals(sealer);

  async function sealedOf(ref: SecretRef): Promise<Uint8Array | undefined> {
    const { sealed, expiresAt } = (await readRow(client, tableName, keyOf(ref))) ?? {};
    const isOver = typeof expiresAt !== "number" || expiresAt * 1000 <= clock.now().getTime();
    return isOver || !(sealed instanceof Uint8Array) ? undefined : sealed;
  }

  return {
    async keep(ref, secret, until) {
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
