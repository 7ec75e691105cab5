import { PutItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { applyEvent } from "../domain/apply-event.ts";
import { JobChanged } from "../domain/errors.ts";
import type { Job } from "../domain/job.ts";
import type { JobStore } from "../domain/ports.ts";
import { TRANSITIONS } from "../domain/transitions.ts";
import { dynamoJobRows, type JobRowsOptions } from "./dynamo-job-rows.ts";
import { readRow, wasMade } from "./dynamo-row.ts";
import { jobKey, jobRow } from "./job-row.ts";

export function dynamoJobStore(options: JobRowsOptions): JobStore {
  const { client, tableName, clock, newId } = options;
  return {
    ...dynamoJobRows(options),

    async record(before, change) {
      const after = applyEvent(before, change, clock);
      const writeId = newId();
      const isMade = await wasMade(
        client.send(
          new PutItemCommand({
            TableName: tableName,
            Item: jobRow(after, writeId, options.retentionDays),
            ...conditionFor(before, TRANSITIONS[change.event].from),
          }),
        ),
      );
      if (isMade) return after;
      // The SDK repeats a write whose reply was lost, and then meets its own first one.
      const row = await readRow(client, tableName, jobKey(before.id));
      if (row?.["writeId"] !== writeId) throw new JobChanged();
      return after;
    },

    async settle(job) {
      // A job that is over never changes: what is not as it was is gone.
      await wasMade(
        client.send(
          new UpdateItemCommand({
            TableName: tableName,
            Key: jobKey(job.id),
            UpdateExpression: "REMOVE sweep, sweepAt",
            ConditionExpression: "version = :version",
            ExpressionAttributeValues: marshall({ ":version": job.version }),
          }),
        ),
      );
    },
  };
}

function conditionFor(before: Job, from: readonly string[]) {
  const phases = Object.fromEntries(from.map((phase, index) => [`:from${index}`, phase]));
  return {
    ConditionExpression: `version = :version AND phase IN (${Object.keys(phases).join(", ")})`,
    ExpressionAttributeValues: marshall({ ":version": before.version, ...phases }),
  };
}
