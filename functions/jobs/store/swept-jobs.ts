import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  paginateQuery,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import * as z from "zod/mini";
import type { Clock } from "../domain/clock.ts";
import type { Census } from "../domain/measurements.ts";
import type { SweptJobs } from "../domain/ports.ts";
import type { Activity } from "../domain/running.ts";
import { jobIdIn, jobKey, SWEEP_SHARDS, sweepPart } from "./job-store.ts";

const INDEX = "swept-by-time";

/** Each job takes about ten calls. A sweep can process this many jobs in its one minute. */
const MAX_DUE = 2_000;
/** So that no partition takes the time of the others. */
const MAX_DUE_IN_A_PART = 250;

const entrySchema = z.object({
  pk: z.string(),
  createdAt: z.string(),
  sweepAt: z.string(),
  /**
   * The last change of a running job that was queued before: its time in the queue says nothing about how it runs.
   */
  runsSince: z.optional(z.string()),
});
type Entry = z.output<typeof entrySchema>;

const SHARDS = Array.from({ length: SWEEP_SHARDS }, (_, shard) => shard);

function partsOf(activities: readonly Activity[]): string[] {
  return SHARDS.flatMap((shard) => activities.map((activity) => sweepPart(activity, shard)));
}

/** The jobs that are not finished, or not cleaned up, by the time of their next check. */
export function dynamoSweptJobs(client: DynamoDBClient, tableName: string, clock: Clock): SweptJobs {
  async function* entries(part: string, dueBy?: string): AsyncIterable<Entry> {
    const pages = paginateQuery(
      { client },
      {
        TableName: tableName,
        IndexName: INDEX,
        KeyConditionExpression: dueBy === undefined ? "sweep = :part" : "sweep = :part AND sweepAt <= :by",
        ExpressionAttributeValues: marshall({ ":part": part, ":by": dueBy }, { removeUndefinedValues: true }),
      },
    );
    for await (const { Items = [] } of pages) {
      for (const item of Items) {
        const entry = z.safeParse(entrySchema, unmarshall(item));
        if (entry.success) yield entry.data;
      }
    }
  }

  async function dueIn(part: string, limit: number): Promise<Entry[]> {
    const found: Entry[] = [];
    for await (const entry of entries(part, clock.now().toISOString())) {
      found.push(entry);
      if (found.length === limit) break;
    }
    return found;
  }

  async function count(activities: readonly Activity[]) {
    let [size, oldest]: [number, string | undefined] = [0, undefined];
    for (const part of partsOf(activities)) {
      for await (const { createdAt, runsSince: since = createdAt } of entries(part)) {
        size += 1;
        if (oldest === undefined || since < oldest) oldest = since;
      }
    }
    return { size, oldest };
  }

  async function countIn(part: string): Promise<number> {
    let size = 0;
    const pages = paginateQuery(
      { client },
      {
        TableName: tableName,
        IndexName: INDEX,
        KeyConditionExpression: "sweep = :part",
        ExpressionAttributeValues: marshall({ ":part": part }),
        Select: "COUNT",
      },
    );
    for await (const { Count = 0 } of pages) size += Count;
    return size;
  }

  return {
    async due() {
      const parts = partsOf(["running", "idle", "queued"]);
      const found = await Promise.all(parts.map((part) => dueIn(part, MAX_DUE_IN_A_PART)));
      return found
        .flat()
        .toSorted((a, b) => (a.sweepAt < b.sweepAt ? -1 : 1))
        .slice(0, MAX_DUE)
        .map(({ pk }) => jobIdIn(pk));
    },

    async postpone(job, until) {
      try {
        await client.send(
          new UpdateItemCommand({
            TableName: tableName,
            Key: marshall(jobKey(job.id)),
            UpdateExpression: "SET sweepAt = :until",
            ConditionExpression: "version = :version",
            ExpressionAttributeValues: marshall({ ":until": until, ":version": job.version }),
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },

    async census(): Promise<Census> {
      const [queued, running] = await Promise.all([count(["queued"]), count(["running", "idle"])]);
      return {
        queued: queued.size,
        running: running.size,
        oldestQueued: queued.oldest,
        oldestRunning: running.oldest,
      };
    },

    async running() {
      const sizes = await Promise.all(partsOf(["running"]).map(countIn));
      return sizes.reduce((sum, size) => sum + size, 0);
    },
  };
}
