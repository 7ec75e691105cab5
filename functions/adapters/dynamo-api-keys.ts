import { type DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import type { ApiKeys } from "../domain/secret-ports.ts";
import { apiKeyHash, apiKeyRow } from "./api-key-row.ts";

/**
 * Checks API keys; `dynamo-api-key-register.ts` keeps them. The row is found by the hash of what was sent: no secret is
 * compared here, and the time that it takes tells nothing.
 */
export function dynamoApiKeys(client: DynamoDBClient, tableName: string): ApiKeys {
  return {
    async isValid(apiKey) {
      const { Item } = await client.send(
        new GetItemCommand({
          TableName: tableName,
          Key: marshall({ pk: apiKeyRow(apiKeyHash(apiKey)) }),
          // A key that was revoked is refused from the next request on.
          ConsistentRead: true,
        }),
      );
      return Item !== undefined && Item["revokedAt"] === undefined;
    },
  };
}
