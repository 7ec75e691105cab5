import { type DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { awaitingPart } from "../../jobs/store/job-store.ts";
import type { WaitingJobs } from "../domain/ports.ts";

const INDEX = "swept-by-time";

/** Counts one page of the partition: 1 MB, which is some 8,000 jobs. */
export function dynamoWaitingJobs(client: DynamoDBClient, TableName: string): WaitingJobs {
  return {
    async count(institutionId) {
      const { Count = 0, LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName,
          IndexName: INDEX,
          Select: "COUNT",
          KeyConditionExpression: "sweep = :part",
          ExpressionAttributeValues: marshall({ ":part": awaitingPart(institutionId) }),
        }),
      );
      return { count: Count, isAtLeast: LastEvaluatedKey !== undefined };
    },
  };
}
