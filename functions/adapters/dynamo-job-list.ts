import { BatchGetItemCommand, type DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import * as z from "zod/mini";
import { DependencyDown } from "../domain/errors.ts";
import type { Job } from "../domain/job.ts";
import type { JobList } from "../domain/job-list-ports.ts";
import type { Clock } from "../domain/ports.ts";
import { parseJobRecord } from "../wire/job-record.ts";
import { isKept, jobIdIn, jobKey, listOf } from "./job-row.ts";

/** The index of rows that can be listed, by what they are listed under and by their age. */
const INDEX = "listed-by-age";

/** As many as DynamoDB reads at once. */
const BATCH = 100;
/** What DynamoDB leaves out of a batch under load is asked for again; the SDK has paused in between. */
const MAX_ROUNDS = 5;

const entrySchema = z.object({ pk: z.string(), createdAt: z.string() });

/** A user's jobs by the index, each read from its own row: the index may be a second behind. */
export function dynamoJobList(client: DynamoDBClient, tableName: string, clock: Clock): JobList {
  async function entries(userId: string, from: string | undefined) {
    const { Items = [], LastEvaluatedKey } = await client.send(
      new QueryCommand({
        TableName: tableName,
        IndexName: INDEX,
        KeyConditionExpression: "listed = :listed",
        ExpressionAttributeValues: marshall({ ":listed": listOf(userId) }),
        ScanIndexForward: false,
        Limit: BATCH,
        ...(from !== undefined && { ExclusiveStartKey: startKey(userId, from) }),
      }),
    );
    const found = Items.map((item) => entrySchema.parse(unmarshall(item)));
    return { found, isLast: LastEvaluatedKey === undefined };
  }

  async function read(pks: readonly string[]): Promise<Map<string, Job>> {
    const jobs = new Map<string, Job>();
    let keys = pks.map((pk) => jobKey(jobIdIn(pk)));
    for (let round = 0; keys.length > 0; round++) {
      if (round === MAX_ROUNDS) throw new DependencyDown();
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

  return {
    async page(userId, { limit, from, wanted }) {
      const jobs: Job[] = [];
      for (let after = from; ; ) {
        const { found, isLast } = await entries(userId, after);
        const rows = await read(found.map(({ pk }) => pk));
        for (const [index, { pk, createdAt }] of found.entries()) {
          const job = rows.get(pk);
          after = cursorOf(pk, createdAt);
          if (job === undefined || !wanted(job)) continue;
          jobs.push(job);
          const isEnd = isLast && index === found.length - 1;
          if (jobs.length === limit) return { jobs, next: isEnd ? undefined : after };
        }
        if (isLast) return { jobs, next: undefined };
      }
    },
  };
}

/** The place of a job in its user's list: whose list it is, only the path says. */
function cursorOf(pk: string, createdAt: string): string {
  return `${createdAt}_${jobIdIn(pk)}`;
}

function startKey(userId: string, cursor: string) {
  const [createdAt = "", jobId = ""] = cursor.split("_");
  return { ...jobKey(jobId), ...marshall({ listed: listOf(userId), createdAt }) };
}
