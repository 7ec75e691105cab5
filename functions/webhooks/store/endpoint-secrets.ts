import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SealBroken } from "../../jobs/domain/errors.ts";
import type { Sealer } from "../../jobs/domain/ports.ts";
import type { Secret, SecretRef } from "../../jobs/domain/secret.ts";
import { namingBrokenSeals } from "../../jobs/store/vault.ts";
import { deleteRow, putRow, readRow } from "../../platform/dynamo.ts";
import type { EndpointSecrets } from "../domain/ports.ts";

export interface EndpointSecretsOptions {
  client: DynamoDBClient;
  tableName: string;
  sealer: Sealer;
}

/** Stores each sealed secret in its own row of the table of secrets. The row does not expire. */
export function dynamoEndpointSecrets(options: EndpointSecretsOptions): EndpointSecrets {
  const { client, tableName } = options;
  const sealer = namingBrokenSeals(options.sealer);

  async function sealedOf(ref: SecretRef): Promise<Uint8Array | undefined> {
    const { sealed } = (await readRow(client, tableName, keyOf(ref))) ?? {};
    return sealed instanceof Uint8Array ? sealed : undefined;
  }

  return {
    async store(endpointId, number, secret) {
      const ref = refOf(endpointId, number);
      const sealed = await sealer.seal(ref, secret);
      const row = { ...keyOf(ref), sealed };
      if (await putRow(client, tableName, row, ["attribute_not_exists(jobId)"])) return true;
      // The write also returns false if the SDK retried it after its response was lost. No two ciphertexts are equal.
      const stored = await sealedOf(ref);
      return stored !== undefined && Buffer.compare(stored, sealed) === 0;
    },

    async reveal(endpointId, number) {
      const ref = refOf(endpointId, number);
      const sealed = await sealedOf(ref);
      return sealed === undefined ? undefined : opened(sealer, ref, sealed);
    },

    async destroy(endpointId, number) {
      await deleteRow(client, tableName, keyOf(refOf(endpointId, number)));
    },
  };
}

/** Returns `undefined` if the secret can never be decrypted: it is lost. */
async function opened(sealer: Sealer, ref: SecretRef, sealed: Uint8Array): Promise<Secret | undefined> {
  try {
    return await sealer.unseal(ref, sealed);
  } catch (error) {
    if (error instanceof SealBroken) return undefined;
    throw error;
  }
}

/** IAM policies name this prefix, so that functions can be limited to the secrets of webhooks. */
const KIND = "webhook#";

/** Names a secret as logins are named. An endpoint has no user. */
function refOf(endpointId: string, number: number): SecretRef {
  return { jobId: `${KIND}${endpointId}`, userId: "-", purpose: `webhook-${number}` };
}

function keyOf({ jobId, purpose }: SecretRef) {
  return { jobId, purpose };
}
