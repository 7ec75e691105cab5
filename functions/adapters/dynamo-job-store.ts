import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { applyEvent } from "../domain/apply-event.ts";
import { JobChanged } from "../domain/errors.ts";
import type { Job } from "../domain/job.ts";
import type { Clock, JobStore } from "../domain/ports.ts";
import { TRANSITIONS } from "../domain/transitions.ts";
import { parseJobRecord } from "../wire/job-record.ts";
import { isKept, jobKey, jobRow } from "./job-row.ts";

export interface JobStoreOptions {
  client: DynamoDBClient;
  tableName: string;
  clock: Clock;
  retentionDays: number;
  newId(): string;
}

export function dynamoJobStore(options: JobStoreOptions): JobStore {
  const { client, tableName, clock, newId } = options;

  async function read(jobId: string) {
    const { Item } = await client.send(
      new GetItemCommand({ TableName: tableName, Key: jobKey(jobId), ConsistentRead: true }),
    );
    return Item === undefined ? undefined : unmarshall(Item);
  }

  return {
    async find(jobId) {
      const item = await read(jobId);
      return item === undefined || !isKept(item, clock.now()) ? undefined : parseJobRecord(item);
    },

    async add(job) {
      try {
        await client.send(
          new PutItemCommand({
            TableName: tableName,
            Item: jobRow(job, newId(), options.retentionDays),
            // A first try that was given up may land late, when its repeat has long been built upon.
            ConditionExpression: "attribute_not_exists(pk)",
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },

    async drop(job) {
      try {
        await client.send(
          new DeleteItemCommand({
            TableName: tableName,
            Key: jobKey(job.id),
            ConditionExpression: "attribute_not_exists(pk) OR version = :version",
            ExpressionAttributeValues: marshall({ ":version": job.version }),
          }),
        );
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },

    async record(before, change) {
      const after = applyEvent(before, change, clock);
      const writeId = newId();
      try {
        await client.send(
          new PutItemCommand({
            TableName: tableName,
            Item: jobRow(after, writeId, options.retentionDays),
            ...conditionFor(before, TRANSITIONS[change.event].from),
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        // The SDK repeats a write whose reply was lost, and then meets its own first one.
        if ((await read(before.id))?.["writeId"] !== writeId) throw new JobChanged();
      }
      return after;
    },

    async settle(job) {
      try {
        await client.send(
          new UpdateItemCommand({
            TableName: tableName,
            Key: jobKey(job.id),
            UpdateExpression: "REMOVE sweep, sweepAt",
            ConditionExpression: "version = :version",
            ExpressionAttributeValues: marshall({ ":version": job.version }),
          }),
        );
      } catch (error) {
        // A job that is over never changes: what is not as it was is gone.
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
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
