import { type DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import type { RequestCounts } from "./rate-limit.ts";

/**
 * A row for each window of whoever is counted: the first request of a window makes it, all others find it, and no write has a
 * condition. A window that is over is never written again, and its row is deleted in time. A try whose reply was lost
 * is counted twice.
 */
export function dynamoRequestCounts(client: DynamoDBClient, tableName: string): RequestCounts {
  return {
    async add(limit, of, { number, endsAt }) {
      const { Attributes } = await client.send(
        new UpdateItemCommand({
          TableName: tableName,
          Key: marshall({ pk: `rate#${limit}#${of}#${number}` }),
          UpdateExpression: "SET expiresAt = :end ADD requests :one",
          ExpressionAttributeValues: marshall({ ":one": 1, ":end": Math.ceil(endsAt.getTime() / 1000) }),
          ReturnValues: "UPDATED_NEW",
        }),
      );
      return Number(Attributes?.["requests"]?.N);
    },
  };
}
