import { UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { type Condition, putRow, readRow, wasMade } from "../../platform/dynamo.ts";
import { applyEvent } from "../domain/apply-event.ts";
import { JobChanged } from "../domain/errors.ts";
import type { Job } from "../domain/job.ts";
import type { JobStore } from "../domain/ports.ts";
import { TRANSITIONS } from "../domain/transitions.ts";
import { dynamoJobRows, type JobRowsOptions } from "./dynamo-job-rows.ts";
import { jobKey, jobRow } from "./job-row.ts";

export function dynamoJobStore(options: JobRowsOptions): JobStore {
  const { client, tableName, clock, newId } = options;
  return {
    ...dynamoJobRows(options),

    async record(before, change) {
      const after = applyEvent(before, change, clock);
      const writeId = newId();
      const row = jobRow(after, writeId, options.retentionDays);
      const condition = conditionFor(before, TRANSITIONS[change.event].from);
      const isMade = await putRow(client, tableName, row, condition);
      if (isMade) return after;
      // The SDK repeats a write whose reply was lost, and then meets its own first one.
      const found = await readRow(client, tableName, jobKey(before.id));
      if (found?.["writeId"] !== writeId) throw new JobChanged();
      return after;
    },

    async settle(job) {
      // A job that is over never changes: what is not as it was is gone.
      await wasMade(
        client.send(
          new UpdateItemCommand({
            TableName: tableName,
            Key: marshall(jobKey(job.id)),
            UpdateExpression: "REMOVE sweep, sweepAt",
            ConditionExpression: "version = :version",
            ExpressionAttributeValues: marshall({ ":version": job.version }),
          }),
        ),
      );
    },
  };
}

function conditionFor(before: Job, from: readonly string[]): Condition {
  const phases = Object.fromEntries(from.map((phase, index) => [`:from${index}`, phase]));
  return [
    `version = :version AND phase IN (${Object.keys(phases).join(", ")})`,
    { ":version": before.version, ...phases },
  ];
}
