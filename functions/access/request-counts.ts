import { type DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { ownerOf } from "../platform/dynamo.ts";
import type { RequestCounts } from "./rate-limit.ts";

/**
 * Stores one row for each window of a key, a user or an address. The first request of a window creates the row, later
 * requests update it, and no write has a condition. No request writes to a past window, and DynamoDB deletes its row
 * in time. If a response is lost, the SDK's retry counts the request twice.
 */
export function dynamoRequestCounts(client: DynamoDBClient, tableName: string): RequestCounts {
  return {
    async add(limit, of, { number, endsAt }) {
      const isOfUser = limit === "user";
      const { Attributes } = await client.send(
        new UpdateItemCommand({
          TableName: tableName,
          Key: marshall({ pk: `rate#${limit}#${of}#${number}` }),
          UpdateExpression: `SET expiresAt = :end${isOfUser ? ", #owner = :owner" : ""} ADD requests :one`,
          ExpressionAttributeValues: marshall({
            ":one": 1,
            ":end": Math.ceil(endsAt.getTime() / 1000),
            ...(isOfUser && { ":owner": ownerOf(of) }),
          }),
          ...(isOfUser && { ExpressionAttributeNames: { "#owner": "owner" } }),
          ReturnValues: "UPDATED_NEW",
        }),
      );
      return Number(Attributes?.["requests"]?.N);
    },
  };
}
