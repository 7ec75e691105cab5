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

export interface StoredApiKey {
  /** The first 12 hexadecimal digits of the hash. Operators name the key by it. */
  id: string;
  hash: string;
  name: string;
  createdAt: string;
  revokedAt: string | undefined;
}

/** API keys as operators manage them. The table stores only their SHA-256 hashes. */
export interface ApiKeyRegister {
  /** Returns the stored row. Adding an existing key changes nothing: a revoked key stays revoked. */
  add(apiKey: Secret, name: string, at: Date): Promise<StoredApiKey>;
  /** Returns the oldest key first. A key added within the last second may be missing: the index follows the table. */
  list(): Promise<StoredApiKey[]>;
  /** Returns the time of the first revocation (ISO 8601), or `undefined` if the key does not exist. */
  revoke(hash: string, at: Date): Promise<string | undefined>;
}

/** The index of rows that can be listed, by list (`listed`) and creation time. */
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
  async function read(pk: string): Promise<StoredApiKey | undefined> {
    const { Item } = await client.send(
      new GetItemCommand({ TableName: tableName, Key: marshall({ pk }), ConsistentRead: true }),
    );
    return Item === undefined ? undefined : storedIn(unmarshall(Item));
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
        return storedIn(row);
      } catch (error) {
        // The key was added before, or the SDK retried our own write after its response was lost.
        const stored = error instanceof ConditionalCheckFailedException ? await read(row.pk) : undefined;
        if (stored === undefined) throw error;
        return stored;
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
      const found: StoredApiKey[] = [];
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

function storedIn(row: unknown): StoredApiKey {
  const { pk, name, createdAt, revokedAt } = z.parse(rowSchema, row);
  const hash = hashInRow(pk);
  return { id: apiKeyId(hash), hash, name, createdAt, revokedAt };
}
