import { DeleteItemCommand, type DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import type { Clock, JobRows } from "../domain/ports.ts";
import { parseJobRecord } from "../wire/job-record.ts";
import { readRow, wasMade } from "./dynamo-row.ts";
import { isKept, jobKey, jobRow } from "./job-row.ts";

export interface JobRowsOptions {
  client: DynamoDBClient;
  tableName: string;
  clock: Clock;
  retentionDays: number;
  newId(): string;
}

export function dynamoJobRows({ client, tableName, clock, ...options }: JobRowsOptions): JobRows {
  return {
    async find(jobId) {
      const row = await readRow(client, tableName, jobKey(jobId));
      return row !== undefined && isKept(row, clock.now()) ? parseJobRecord(row) : undefined;
    },

    add: (job) =>
      wasMade(
        client.send(
          new PutItemCommand({
            TableName: tableName,
            Item: jobRow(job, options.newId(), options.retentionDays),
            // A first try that was given up may land late, when its repeat has long been built upon.
            ConditionExpression: "attribute_not_exists(pk) OR version = :before",
            ExpressionAttributeValues: marshall({ ":before": job.version - 1 }),
          }),
        ),
      ),

    drop: (job) =>
      wasMade(
        client.send(
          new DeleteItemCommand({
            TableName: tableName,
            Key: jobKey(job.id),
            // A try that was given up may land late, when the same id has been added again.
            ConditionExpression:
              "attribute_not_exists(pk) OR (version = :version AND createdAt = :createdAt)",
            ExpressionAttributeValues: marshall({ ":version": job.version, ":createdAt": job.createdAt }),
          }),
        ),
      ),
  };
}
