import { BatchGetItemCommand, type DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import * as z from "zod/mini";
import { isUnexpired } from "../../platform/dynamo.ts";
import type { Clock } from "../domain/clock.ts";
import { DependencyDown } from "../domain/errors.ts";
import type { Job } from "../domain/job.ts";
import type { JobList } from "../domain/ports.ts";
import { parseJobRecord } from "./job-record.ts";
import { jobIdIn, jobKey, listOf } from "./job-store.ts";

/** The index of rows that can be listed, by list (`listed`) and creation time. */
const INDEX = "listed-by-age";

/** DynamoDB reads at most this many rows at once. */
const BATCH = 100;
/** DynamoDB may omit rows of a batch under load. We request them again, after a pause that doubles each time. */
const MAX_ROUNDS = 5;
const PAUSE_MS = 50;

interface Listed {
  job: Job;
  place: string;
}

const entrySchema = z.object({ pk: z.string(), createdAt: z.string() });

/**
 * Lists a user's jobs from the index, and reads each job from its own row: the index may be a second behind. Throws
 * `DependencyDown` if DynamoDB omits rows again and again.
 */
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
        if (isUnexpired(row, clock.now())) jobs.set(String(row["pk"]), parseJobRecord(row));
      }
      keys = UnprocessedKeys?.[tableName]?.Keys ?? [];
    }
    return jobs;
  }

  /** Yields every job that has not expired, with its cursor. */
  async function* unexpired(
    userId: string,
    from: string | undefined,
    firstBatch: number,
  ): AsyncGenerator<Listed, undefined> {
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
    async page(userIds, { limit, from, wanted }) {
      const lists = userIds.map((userId) => unexpired(userId, from, limit + 1));
      const jobs: Job[] = [];
      let end: string | undefined;
      // One job more than the page holds shows whether there is a next page. The index's own
      // `LastEvaluatedKey` does not prove it.
      for await (const { job, place } of newestFirst(lists)) {
        if (!wanted(job)) continue;
        if (jobs.length === limit) return { jobs, next: end };
        jobs.push(job);
        end = place;
      }
      return { jobs, next: undefined };
    },
  };
}

/** Merges lists, each with its newest job first, into one such list. */
async function* newestFirst(lists: readonly AsyncGenerator<Listed, undefined>[]) {
  const next = async (list: AsyncGenerator<Listed, undefined>) => ({
    list,
    first: (await list.next()).value,
  });
  let heads = await Promise.all(lists.map(next));
  for (;;) {
    heads = heads
      .filter(({ first }) => first !== undefined)
      .toSorted((a, b) => ((a.first?.place ?? "") < (b.first?.place ?? "") ? 1 : -1));
    const [newest, ...others] = heads;
    if (newest?.first === undefined) return;
    yield newest.first;
    heads = [await next(newest.list), ...others];
  }
}

/** Returns the position of a job in its user's list. Only the request's path names the user. */
function cursorOf(pk: string, createdAt: string): string {
  return `${createdAt}_${jobIdIn(pk)}`;
}

function startKey(userId: string, cursor: string) {
  const [createdAt = "", jobId = ""] = cursor.split("_");
  return marshall({ ...jobKey(jobId), listed: listOf(userId), createdAt });
}
