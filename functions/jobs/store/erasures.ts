import { type DynamoDBClient, paginateQuery, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import * as z from "zod/mini";
import { deleteRow, isUnexpired, ownerOf, readRow } from "../../platform/dynamo.ts";
import type { Clock } from "../domain/clock.ts";
import { firstRoundAt } from "../domain/erasure.ts";
import type { Erasure, Erasures } from "../domain/ports.ts";
import { ERASURE_TTL_MS } from "../domain/times-to-live.ts";
import { jobIdIn, jobKey } from "./job-store.ts";

const PREFIX = "erased#";
/** The partition of the sweeper's index that has the erasures whose rounds are not over. */
const SWEEP = "erasure#all";

const keySchema = z.object({ pk: z.string() });
const dueSchema = z.object({ pk: z.string(), createdAt: z.string() });

/** Stores one row for each user who was erased. Finds the user's rows through the index `owned-by-user`. */
export function dynamoErasures(client: DynamoDBClient, tableName: string, clock: Clock): Erasures {
  async function* query(
    IndexName: string,
    KeyConditionExpression: string,
    values: Record<string, string>,
  ): AsyncIterable<Record<string, unknown>> {
    const ExpressionAttributeValues = marshall(values);
    // `owner` is a reserved word. DynamoDB refuses a name that the expression does not use.
    const names = KeyConditionExpression.includes("#owner") && {
      ExpressionAttributeNames: { "#owner": "owner" },
    };
    const pages = paginateQuery(
      { client },
      { TableName: tableName, IndexName, KeyConditionExpression, ExpressionAttributeValues, ...names },
    );
    for await (const { Items = [] } of pages) for (const item of Items) yield unmarshall(item);
  }

  /** Writes the next round, and lets the row live until two days after it. */
  async function write({ owner, begunAt }: Erasure, nextRound: Date | undefined): Promise<void> {
    const expiresAt = Math.ceil(clock.after(ERASURE_TTL_MS).getTime() / 1000);
    const values = { ":begun": begunAt, ":end": expiresAt };
    const round = { ":sweep": SWEEP, ":next": nextRound?.toISOString() };
    await client.send(
      new UpdateItemCommand({
        TableName: tableName,
        Key: marshall(keyOf(owner)),
        UpdateExpression: `SET createdAt = :begun, expiresAt = :end${
          nextRound === undefined ? " REMOVE sweep, sweepAt" : ", sweep = :sweep, sweepAt = :next"
        }`,
        ExpressionAttributeValues: marshall(nextRound === undefined ? values : { ...values, ...round }),
      }),
    );
  }

  return {
    async isErased(userId) {
      const row = await readRow(client, tableName, keyOf(ownerOf(userId)));
      return row !== undefined && isUnexpired(row, clock.now());
    },

    async begin(userId) {
      const erasure = { owner: ownerOf(userId), begunAt: clock.now().toISOString() };
      await write(erasure, firstRoundAt(clock));
      return erasure;
    },

    async due() {
      const due: Erasure[] = [];
      const values = { ":part": SWEEP, ":by": clock.now().toISOString() };
      for await (const row of query("swept-by-time", "sweep = :part AND sweepAt <= :by", values)) {
        const { pk, createdAt } = z.parse(dueSchema, row);
        due.push({ owner: pk.slice(PREFIX.length), begunAt: createdAt });
      }
      return due;
    },

    async rowsOf({ owner }) {
      const rows: { key: string; jobId?: string }[] = [];
      for await (const row of query("owned-by-user", "#owner = :owner", { ":owner": owner })) {
        const { pk: key } = z.parse(keySchema, row);
        const jobId = jobIdIn(key);
        rows.push(jobKey(jobId).pk === key ? { key, jobId } : { key });
      }
      return rows;
    },

    async remove({ key }) {
      await deleteRow(client, tableName, { pk: key });
    },

    schedule: write,
  };
}

function keyOf(owner: string) {
  return { pk: `${PREFIX}${owner}` };
}
