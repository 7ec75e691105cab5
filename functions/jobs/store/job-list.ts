import { BatchGetItemCommand, type DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import * as z from "zod/mini";
import { isKept } from "../../platform/dynamo.ts";
import type { Clock } from "../domain/clock.ts";
import { DependencyDown } from "../domain/errors.ts";
import type { Job } from "../domain/job.ts";
import type { JobList } from "../domain/ports.ts";
import { parseJobRecord } from "./job-record.ts";
import { jobIdIn, jobKey, listOf } from "./job-store.ts";

/** The index of rows that can be listed, by what they are listed under and by their age. */
const INDEX = "listed-by-age";

/** As many as DynamoDB reads at once. */
const BATCH = 100;
/** What DynamoDB leaves out of a batch under load is asked for again, after a pause that grows. */
const MAX_ROUNDS = 5;
const PAUSE_MS = 50;

const entrySchema = z.object({ pk: z.string(), createdAt: z.string() });

/** A user's jobs by the index, each read from its own row: the index may be a second behind. */
export function dynamoJobList(client: DynamoDBClient, tableName: string, clock: Clock): JobList {
  async function entries(userId: string, from: string | undefined, limit: number) {
    const { Items = [], LastEvaluatedKey } = await client.send(
      new QueryCommand({
        TableName: tableName,
        IndexName: INDEX,
        KeyConditionExpression: "listed = :listed",
        ExpressionAttributeValues: marshall({ ":listed": listOf(userId) }),
        ScanIndexForward: false,
        Limit: limit,
        ...(from !== undefined && { ExclusiveStartKey: startKey(userId, from) }),
      }),
    );
    const found = Items.map((item) => z.parse(entrySchema, unmarshall(item)));
    return { found, isLast: LastEvaluatedKey === undefined };
  }

  async function read(pks: readonly string[]): Promise<Map<string, Job>> {
    const jobs = new Map<string, Job>();
    let keys = pks.map((pk) => marshall({ pk }));
    for (let round = 0; keys.length > 0; round++) {
      if (round === MAX_ROUNDS) throw new DependencyDown();
      if (round > 0) await clock.sleep(PAUSE_MS * 2 ** round);
      const { Responses, UnprocessedKeys } = await client.send(
        new BatchGetItemCommand({ RequestItems: { [tableName]: { Keys: keys, ConsistentRead: true } } }),
      );
      for (const item of Responses?.[tableName] ?? []) {
        const row = unmarshall(item);
        if (isKept(row, clock.now())) jobs.set(String(row["pk"]), parseJobRecord(row));
      }
      keys = UnprocessedKeys?.[tableName]?.Keys ?? [];
    }
    return jobs;
  }

  /** Every one that is kept, with its place. */
  async function* kept(userId: string, from: string | undefined, firstBatch: number) {
    let after = from;
    for (let size = Math.min(firstBatch, BATCH); ; size = BATCH) {
      const { found, isLast } = await entries(userId, after, size);
      const rows = await read(found.map(({ pk }) => pk));
      for (const { pk, createdAt } of found) {
        const job = rows.get(pk);
        after = cursorOf(pk, createdAt);
        if (job !== undefined) yield { job, place: after };
      }
      if (isLast) return;
    }
  }

  return {
    async page(userId, { limit, from, wanted }) {
      const jobs: Job[] = [];
      let end: string | undefined;
      // One more than the page holds says whether there is a next one: the index's own word for it is not the last one.
      for await (const { job, place } of kept(userId, from, limit + 1)) {
        if (!wanted(job)) continue;
        if (jobs.length === limit) return { jobs, next: end };
        jobs.push(job);
        end = place;
      }
      return { jobs, next: undefined };
    },
  };
}

/** The place of a job in its user's list: whose list it is, only the path says. */
function cursorOf(pk: string, createdAt: string): string {
  return `${createdAt}_${jobIdIn(pk)}`;
}

function startKey(userId: string, cursor: string) {
  const [createdAt = "", jobId = ""] = cursor.split("_");
  return marshall({ ...jobKey(jobId), listed: listOf(userId), createdAt });
}
