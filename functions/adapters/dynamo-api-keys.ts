import { createHash } from "node:crypto";
import { type DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import type { ApiKeys } from "../domain/ports.ts";
import type { Secret } from "../domain/secret.ts";

interface ApiKeyKeeping {
  add(apiKey: Secret, name: string): Promise<void>;
}

/** API keys are kept as their SHA-256 only. They are random, so that nothing slower is needed. */
export function dynamoApiKeys(client: DynamoDBClient, tableName: string): ApiKeys & ApiKeyKeeping {
  return {
    async isValid(apiKey) {
      const { Item } = await client.send(
        new GetItemCommand({ TableName: tableName, Key: marshall({ pk: apiKeyRow(apiKey) }) }),
      );
      return Item !== undefined && unmarshall(Item)["revokedAt"] === undefined;
    },

    async add(apiKey, name) {
      await client.send(
        new PutItemCommand({ TableName: tableName, Item: marshall({ pk: apiKeyRow(apiKey), name }) }),
      );
    },
  };
}

/** The key of an API key's row in the jobs table. */
function apiKeyRow(apiKey: Secret): string {
  return `api-key#${createHash("sha256").update(apiKey.reveal()).digest("hex")}`;
}
