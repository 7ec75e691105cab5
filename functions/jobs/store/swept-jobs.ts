import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  paginateQuery,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import * as z from "zod/mini";
import type { Clock } from "../domain/clock.ts";
import type { Counted } from "../domain/measurements.ts";
import type { SweptJobs } from "../domain/ports.ts";
import type { Activity } from "../domain/running.ts";
import { awaitingPart, jobIdIn, jobKey, SWEEP_SHARDS, sweepPart } from "./job-store.ts";

const INDEX = "swept-by-time";

/**
 * A sweep reads at most this many due jobs of each partition. Step Functions may describe ten executions a second, so that 1,000
 * running jobs take less than two minutes. A parked job has no execution to be described.
 */
const MAX_DUE: { readonly [activity in Activity]: number } = { running: 250, idle: 250, queued: 500 };

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

interface Range {
  after?: string | undefined;
  dueBy?: string | undefined;
  limit?: number;
}

const SHARDS = Array.from({ length: SWEEP_SHARDS }, (_, shard) => shard);

function partsOf(activity: Activity): string[] {
  return SHARDS.map((shard) => sweepPart(activity, shard));
}

/** The jobs that are not finished, or not cleaned up, by the time of their next check. */
export function dynamoSweptJobs(client: DynamoDBClient, tableName: string, clock: Clock): SweptJobs {
  async function* entries(part: string, { after, dueBy, limit }: Range = {}): AsyncIterable<Entry> {
    const bounds = [
      "sweep = :part",
      ...(dueBy === undefined ? [] : ["sweepAt <= :by"]),
      ...(after === undefined ? [] : ["sweepAt > :after"]),
    ];
    const pages = paginateQuery(
      { client },
      {
        TableName: tableName,
        IndexName: INDEX,
        KeyConditionExpression: bounds.join(" AND "),
        ExpressionAttributeValues: marshall(
          { ":part": part, ":by": dueBy, ":after": after },
          { removeUndefinedValues: true },
        ),
        ...(limit !== undefined && { Limit: limit }),
      },
    );
    for await (const { Items = [] } of pages) {
      for (const item of Items) {
        const entry = z.safeParse(entrySchema, unmarshall(item));
        if (entry.success) yield entry.data;
      }
    }
  }

  async function first(part: string, range: Range & { limit: number }): Promise<Entry[]> {
    const found: Entry[] = [];
    for await (const entry of entries(part, range)) {
      found.push(entry);
      if (found.length === range.limit) break;
    }
    return found;
  }

  async function count(parts: readonly string[]): Promise<Counted> {
    let [size, oldest]: [number, string | undefined] = [0, undefined];
    for (const part of parts) {
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
    async due(institutionIds) {
      const dueBy = clock.now().toISOString();
      const parts = (["running", "idle", "queued"] as const).flatMap((activity) =>
        partsOf(activity).map((part) => ({ part, limit: MAX_DUE[activity] })),
      );
      const ofBanks = institutionIds.map((id) => ({ part: awaitingPart(id), limit: MAX_DUE.queued }));
      const found = await Promise.all(
        [...parts, ...ofBanks].map(({ part, limit }) => first(part, { dueBy, limit })),
      );
      return found
        .flat()
        .toSorted((a, b) => (a.sweepAt < b.sweepAt ? -1 : 1))
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

    async awaiting(institutionId, { limit, after }) {
      const found = await first(awaitingPart(institutionId), { limit, after });
      return found.map(({ pk, sweepAt }) => ({ jobId: jobIdIn(pk), place: sweepAt }));
    },

    async running() {
      const sizes = await Promise.all(partsOf("running").map(countIn));
      return sizes.reduce((sum, size) => sum + size, 0);
    },

    notQueued: () => count([...partsOf("running"), ...partsOf("idle")]),

    queued: (institutionIds) => count([...partsOf("queued"), ...institutionIds.map(awaitingPart)]),
  };
}
