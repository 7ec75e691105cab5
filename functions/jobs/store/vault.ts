import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { deleteRow, putRow, readRow } from "../../platform/dynamo.ts";
import type { Clock } from "../domain/ports.ts";
import type { Sealer, Vault, VaultDoor } from "../domain/secret-ports.ts";
import type { SecretRef } from "../domain/secret-refs.ts";
import { tellBrokenSeals } from "./broken-seals.ts";

export interface VaultOptions {
  client: DynamoDBClient;
  tableName: string;
  sealer: Sealer;
  clock: Clock;
}

/** Sealed secrets, one row each. A row past its time is as good as gone, whenever TTL gets to it. */
export function dynamoVault(options: VaultOptions): Vault {
  const { client, tableName, clock } = options;
  const { unseal } = tellBrokenSeals(options.sealer);

  async function sealedOf(ref: SecretRef): Promise<Uint8Array | undefined> {
    const { sealed, expiresAt } = (await readRow(client, tableName, keyOf(ref))) ?? {};
    const isOver = typeof expiresAt !== "number" || expiresAt * 1000 <= clock.now().getTime();
    return isOver || !(sealed instanceof Uint8Array) ? undefined : sealed;
  }

  return {
    ...dynamoVaultDoor(options),

    async holds(ref) {
      return (await sealedOf(ref)) !== undefined;
    },

    async reveal(ref) {
      const sealed = await sealedOf(ref);
      return sealed === undefined ? undefined : unseal(ref, sealed);
    },
  };
}

export function dynamoVaultDoor({ client, tableName, sealer }: Omit<VaultOptions, "clock">): VaultDoor {
  return {
    async keep(ref, secret, until) {
      const sealed = await sealer.seal(ref, secret);
      const expiresAt = Math.ceil(until.getTime() / 1000);
      await putRow(client, tableName, { ...keyOf(ref), sealed, expiresAt }, ["attribute_not_exists(jobId)"]);
    },

    async destroy(ref) {
      await deleteRow(client, tableName, keyOf(ref));
    },
  };
}

function keyOf({ jobId, purpose }: SecretRef) {
  return { jobId, purpose };
}
