import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  paginateQuery,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import * as z from "zod/mini";
import type { Secret } from "../jobs/domain/secret.ts";
import { apiKeyHash, apiKeyId, apiKeyRow, hashInRow } from "./api-keys.ts";

export interface KeptApiKey {
  /** How people name the key. */
  id: string;
  hash: string;
  name: string;
  createdAt: string;
  revokedAt: string | undefined;
}

/** API keys as an operator sees them: kept as their SHA-256 only. */
export interface ApiKeyRegister {
  /** Gives what is kept. Adding a key again changes nothing, and makes no revoked one valid. */
  add(apiKey: Secret, name: string, at: Date): Promise<KeptApiKey>;
  /** Oldest first. One that was added within the last second may be missing: the index follows the table. */
  list(): Promise<KeptApiKey[]>;
  /** Gives the time since when the key is revoked, which the first time decides; nothing when there is no such key. */
  revoke(hash: string, at: Date): Promise<string | undefined>;
}

/** The index of rows that can be listed, by what they are listed under and by their age. */
const INDEX = "listed-by-age";
const LISTED = "api-keys";

const keyOfRow = z.object({ pk: z.string() });
const rowSchema = z.object({
  pk: z.string(),
  name: z.string(),
  createdAt: z.string(),
  revokedAt: z.optional(z.string()),
});

export function dynamoApiKeyRegister(client: DynamoDBClient, tableName: string): ApiKeyRegister {
  async function read(pk: string): Promise<KeptApiKey | undefined> {
    const { Item } = await client.send(
      new GetItemCommand({ TableName: tableName, Key: marshall({ pk }), ConsistentRead: true }),
    );
    return Item === undefined ? undefined : keptIn(unmarshall(Item));
  }

  return {
    async add(apiKey, name, at) {
      const row = { pk: apiKeyRow(apiKeyHash(apiKey)), name, createdAt: at.toISOString() };
      try {
        await client.send(
          new PutItemCommand({
            TableName: tableName,
            Item: marshall({ ...row, listed: LISTED }),
            ConditionExpression: "attribute_not_exists(pk)",
          }),
        );
        return keptIn(row);
      } catch (error) {
        // The key was added before, or the SDK repeats a write whose reply was lost, and meets its own first one.
        const kept = error instanceof ConditionalCheckFailedException ? await read(row.pk) : undefined;
        if (kept === undefined) throw error;
        return kept;
      }
    },

    async list() {
      const pages = paginateQuery(
        { client },
        {
          TableName: tableName,
          IndexName: INDEX,
          KeyConditionExpression: "listed = :listed",
          ExpressionAttributeValues: marshall({ ":listed": LISTED }),
        },
      );
      const found: KeptApiKey[] = [];
      for await (const { Items = [] } of pages) {
        const keys = Items.map((item) => z.parse(keyOfRow, unmarshall(item)).pk);
        const rows = await Promise.all(keys.map(read));
        found.push(...rows.filter((row) => row !== undefined));
      }
      return found;
    },

    async revoke(hash, at) {
      const pk = apiKeyRow(hash);
      try {
        await client.send(
          new UpdateItemCommand({
            TableName: tableName,
            Key: marshall({ pk }),
            UpdateExpression: "SET revokedAt = :at",
            ConditionExpression: "attribute_exists(pk) AND attribute_not_exists(revokedAt)",
            ExpressionAttributeValues: marshall({ ":at": at.toISOString() }),
          }),
        );
        return at.toISOString();
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        return (await read(pk))?.revokedAt;
      }
    },
  };
}

function keptIn(row: unknown): KeptApiKey {
  const { pk, name, createdAt, revokedAt } = z.parse(rowSchema, row);
  const hash = hashInRow(pk);
  return { id: apiKeyId(hash), hash, name, createdAt, revokedAt };
}
