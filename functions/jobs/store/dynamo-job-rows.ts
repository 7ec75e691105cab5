import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { ABSENT, type Condition, deleteRow, putRow, readRow } from "../../platform/dynamo.ts";
import type { Job } from "../domain/job.ts";
import type { Clock, JobRows } from "../domain/ports.ts";
import { parseJobRecord } from "./job-record.ts";
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

    // A first try that was given up may land late, when its repeat has long been built upon.
    add: (job, over) =>
      putRow(
        client,
        tableName,
        jobRow(job, options.newId(), options.retentionDays),
        over === undefined ? ABSENT : asRead(over),
      ),

    drop: (job) =>
      // A try that was given up may land late, when the same id has been added again.
      deleteRow(client, tableName, jobKey(job.id), asRead(job)),
  };
}

/** The version alone would fit another job that was added with the id of one that is gone. */
function asRead({ version, createdAt }: Job): Condition {
  return ["version = :version AND createdAt = :at", { ":version": version, ":at": createdAt }];
}
