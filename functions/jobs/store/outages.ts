import { type DynamoDBClient, paginateQuery } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import * as z from "zod/mini";
import { ABSENT, putRow, readRow } from "../../platform/dynamo.ts";
import type { Clock } from "../domain/clock.ts";
import { JobChanged } from "../domain/errors.ts";
import type { Outage } from "../domain/outage.ts";
import type { Outages } from "../domain/ports.ts";
import { OUTAGE_TTL_MS } from "../domain/times-to-live.ts";

const PREFIX = "outage#";
/** The partition of the sweeper's index that has the banks for which jobs wait. */
const AWAITED = "outage#awaited";

/** We lose a round only if another function notes something about the same bank in it. */
const MAX_ROUNDS = 8;

const text = z.optional(z.string());
const rowSchema = z.object({
  failed: z.array(z.string()),
  probeAt: text,
  probed: text,
  awaitedAt: text,
  trial: z.optional(z.object({ since: z.string(), isPassed: z.boolean() })),
  wakingUntil: text,
  version: z.int(),
});
const keySchema = z.object({ pk: z.string() });

/** Stores one row for each bank at which jobs met an outage. `change` throws `JobChanged` after 8 lost rounds. */
export function dynamoOutages(client: DynamoDBClient, tableName: string, clock: Clock): Outages {
  async function read(institutionId: string): Promise<{ outage: Outage; version: number }> {
    const row = await readRow(client, tableName, keyOf(institutionId));
    if (row === undefined) return { outage: { institutionId, failed: [] }, version: 0 };
    const { version, ...noted } = z.parse(rowSchema, row);
    return { outage: { institutionId, ...noted }, version };
  }

  function write(outage: Outage, version: number): Promise<boolean> {
    const { institutionId, ...noted } = outage;
    const row = {
      ...keyOf(institutionId),
      ...noted,
      ...(noted.awaitedAt !== undefined && { sweep: AWAITED, sweepAt: noted.awaitedAt }),
      version: version + 1,
      expiresAt: Math.ceil(clock.after(OUTAGE_TTL_MS).getTime() / 1000),
    };
    const condition = version === 0 ? ABSENT : (["version = :version", { ":version": version }] as const);
    return putRow(client, tableName, row, condition);
  }

  return {
    find: async (institutionId) => (await read(institutionId)).outage,

    async change(institutionId, decide) {
      for (let round = 0; round < MAX_ROUNDS; round++) {
        const { outage, version } = await read(institutionId);
        const after = decide(outage);
        if (after === undefined) return outage;
        if (await write(after, version)) return after;
      }
      throw new JobChanged();
    },

    async awaited() {
      const found: string[] = [];
      const pages = paginateQuery(
        { client },
        {
          TableName: tableName,
          IndexName: "swept-by-time",
          KeyConditionExpression: "sweep = :part",
          ExpressionAttributeValues: marshall({ ":part": AWAITED }),
        },
      );
      for await (const { Items = [] } of pages) {
        for (const item of Items) found.push(z.parse(keySchema, unmarshall(item)).pk.slice(PREFIX.length));
      }
      return found;
    },
  };
}

function keyOf(institutionId: string) {
  return { pk: `${PREFIX}${institutionId}` };
}
