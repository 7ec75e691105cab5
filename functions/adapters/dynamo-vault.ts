import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import type { Clock } from "../domain/ports.ts";
import type { Sealer, Vault } from "../domain/secret-ports.ts";
import type { SecretRef } from "../domain/secret-refs.ts";

export interface VaultOptions {
  client: DynamoDBClient;
  tableName: string;
  sealer: Sealer;
  clock: Clock;
}

/** Sealed secrets, one row each. A row past its time is as good as gone, whenever TTL gets to it. */
export function dynamoVault({ client, tableName, sealer, clock }: VaultOptions): Vault {
  async function sealedOf(ref: SecretRef): Promise<Uint8Array | undefined> {
    const { Item } = await client.send(
      new GetItemCommand({ TableName: tableName, Key: keyOf(ref), ConsistentRead: true }),
    );
    if (Item === undefined) return undefined;
    const { sealed, expiresAt } = unmarshall(Item);
    const isOver = typeof expiresAt !== "number" || expiresAt * 1000 <= clock.now().getTime();
    return isOver || !(sealed instanceof Uint8Array) ? undefined : sealed;
  }

  return {
    async keep(ref, secret, until) {
      const sealed = await sealer.seal(ref, secret);
      const expiresAt = Math.ceil(until.getTime() / 1000);
      try {
        await client.send(
          new PutItemCommand({
            TableName: tableName,
            Item: { ...keyOf(ref), ...marshall({ sealed, expiresAt }) },
            ConditionExpression: "attribute_not_exists(jobId)",
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },

    async holds(ref) {
      return (await sealedOf(ref)) !== undefined;
    },

    async reveal(ref) {
      const sealed = await sealedOf(ref);
      return sealed === undefined ? undefined : sealer.unseal(ref, sealed);
    },

    async destroy(ref) {
      await client.send(new DeleteItemCommand({ TableName: tableName, Key: keyOf(ref) }));
    },
  };
}

function keyOf({ jobId, purpose }: SecretRef) {
  return marshall({ jobId, purpose });
}
