import { type DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import {
  ABSENT,
  type Condition,
  deleteRow,
  isUnexpired,
  ownerOf,
  putRow,
  readRow,
  wasMade,
} from "../../platform/dynamo.ts";
import type { Clock } from "../domain/clock.ts";
import { JobChanged } from "../domain/errors.ts";
import type { Job } from "../domain/job.ts";
import { measureChange } from "../domain/measurements.ts";
import type { JobStore, Metrics } from "../domain/ports.ts";
import { type Activity, activityOf } from "../domain/running.ts";
import { applyEvent } from "../domain/sweep.ts";
import { storedUntil } from "../domain/times-to-live.ts";
import { TRANSITIONS } from "../domain/transitions.ts";
import { jobRecordOf, parseJobRecord } from "./job-record.ts";

const PREFIX = "job#";

/**
 * A partition of an index accepts 1,000 writes per second, so unfinished jobs are distributed
 * over this many partitions.
 */
export const SWEEP_SHARDS = 4;

export function jobKey(jobId: string) {
  return { pk: `${PREFIX}${jobId}` };
}

export function jobIdIn(pk: string): string {
  return pk.slice(PREFIX.length);
}

/** Returns the row of a job: its fields, and the keys for its user's list and for the sweeper's index. */
function jobRow(job: Job, writeId: string, retentionDays: number) {
  return {
    ...jobRecordOf(job),
    ...jobKey(job.id),
    listed: listOf(job.userId),
    owner: ownerOf(job.userId),
    sweep: job.sweepAt === undefined ? undefined : sweepOf(job),
    runsSince: job.phase !== "queued" && job.queue !== undefined ? job.updatedAt : undefined,
    writeId,
    expiresAt: storedUntil(job.updatedAt, retentionDays),
  };
}

/** Returns the index key of a user's jobs. */
export function listOf(userId: string): string {
  return `user#${userId}`;
}

/**
 * Returns the partition of the sweeper's index. Queued jobs have their own partitions, because they can
 * be many and wait for long. Idle jobs have, because requests count those that run.
 * The jobs that wait for a bank have one, so that they are found when it is back.
 */
function sweepOf(job: Job): string {
  if (job.phase === "queued" && job.queue?.waitsFor === "bank") return awaitingPart(job.institutionId);
  const shard = Number.parseInt(job.id.slice(-2), 16) % SWEEP_SHARDS;
  return sweepPart(activityOf(job), shard);
}

export function sweepPart(activity: Activity, shard: number): string {
  return `${activity}#${shard}`;
}

export function awaitingPart(institutionId: string): string {
  return `awaiting#${institutionId}`;
}

export interface JobStoreOptions {
  client: DynamoDBClient;
  tableName: string;
  clock: Clock;
  retentionDays: number;
  newId(): string;
}

export function dynamoJobStore(options: JobStoreOptions): JobStore {
  const { client, tableName, clock, newId, retentionDays } = options;
  async function read(jobId: string, isConsistent: boolean) {
    const row = await readRow(client, tableName, jobKey(jobId), isConsistent);
    return row !== undefined && isUnexpired(row, clock.now()) ? parseJobRecord(row) : undefined;
  }

  return {
    find: (jobId) => read(jobId, true),

    glance: (jobId) => read(jobId, false),

    // A write that timed out may arrive late, after other writes have followed its retry.
    add: (job, over) =>
      putRow(
        client,
        tableName,
        jobRow(job, newId(), retentionDays),
        over === undefined ? ABSENT : sameJob(over),
      ),

    drop: (job) =>
      // A deletion that timed out may arrive late, after the same id was added again.
      deleteRow(client, tableName, jobKey(job.id), sameJob(job)),

    async record(before, change) {
      const after = applyEvent(before, change, clock);
      const writeId = newId();
      const row = jobRow(after, writeId, retentionDays);
      const condition = conditionFor(before, TRANSITIONS[change.event].from);
      const isMade = await putRow(client, tableName, row, condition);
      if (isMade) return after;
      // The write also returns false if the SDK retried it after its response was lost.
      const found = await readRow(client, tableName, jobKey(before.id));
      if (found?.["writeId"] !== writeId) throw new JobChanged();
      return after;
    },

    async markCleaned(job) {
      // A finished job never changes: if the condition fails, the row does not exist any more.
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

/** The version alone could also match another job that was added under the id of a deleted job. */
function sameJob({ version, createdAt }: Job): Condition {
  return ["version = :version AND createdAt = :at", { ":version": version, ":at": createdAt }];
}

function conditionFor(before: Job, from: readonly string[]): Condition {
  const phases = Object.fromEntries(from.map((phase, index) => [`:from${index}`, phase]));
  return [
    `version = :version AND phase IN (${Object.keys(phases).join(", ")})`,
    { ":version": before.version, ...phases },
  ];
}

/** Measures every event that was written. A write that lost against another write is not measured. */
export function measuredJobStore(jobs: JobStore, metrics: Metrics): JobStore {
  return {
    ...jobs,
    async record(before, change) {
      const after = await jobs.record(before, change);
      metrics.measure(() => measureChange(before, change.event, after));
      return after;
    },
  };
}
