import { randomUUID } from "node:crypto";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import * as z from "zod/mini";
import type { Clock } from "../../jobs/domain/clock.ts";
import { ABSENT, type Condition, isUnexpired, putRow, readRow } from "../../platform/dynamo.ts";
import { endStoredUntil, hasEnded, LINK_ACTIONS, type Link, linkStoredUntil } from "../domain/link.ts";
import type { Links } from "../domain/ports.ts";

/** All fields of a link: one that is missing here does not compile, because the next write would erase it. */
const fields = {
  hash: z.string(),
  userId: z.string(),
  action: z.nullable(z.enum(LINK_ACTIONS)),
  institutionId: z.optional(z.string()),
  connectionId: z.optional(z.string()),
  returnUrl: z.optional(z.string()),
  state: z.optional(z.string()),
  mobileEnd: z.string(),
  createdAt: z.string(),
  validUntil: z.string(),
  use: z.optional(z.object({ browserHash: z.string(), sessionUntil: z.string() })),
  jobIds: z.array(z.string()),
  returns: z.array(z.object({ nonce: z.string(), jobIds: z.array(z.string()), isCancelled: z.boolean() })),
  version: z.int(),
} satisfies { [field in keyof Required<Link>]: z.ZodMiniType<Link[field]> };

const row = z.union([
  z.object({ hash: z.string(), endedAt: z.string() }),
  z.object({ ...fields, writeId: z.string() }),
]);

/**
 * Stores each link in one row of the jobs table. An expired row counts as missing. Erasure finds the row through the user's current
 * link, so that the row is in no index.
 */
export function dynamoLinks(client: DynamoDBClient, tableName: string, clock: Pick<Clock, "now">): Links {
  async function stored(hash: string) {
    const found = await readRow(client, tableName, keyOf(hash));
    return found === undefined || !isUnexpired(found, clock.now()) ? undefined : z.parse(row, found);
  }

  /** Returns false if the condition failed. */
  async function put(link: Link, condition: Condition): Promise<boolean> {
    const writeId = randomUUID();
    const expiresAt = seconds(linkStoredUntil(link));
    const isMade = await putRow(
      client,
      tableName,
      { ...keyOf(link.hash), ...link, writeId, expiresAt },
      condition,
    );
    if (isMade) return true;
    // The write also returns false if the SDK retried it after its response was lost.
    const found = await stored(link.hash);
    return found !== undefined && !hasEnded(found) && found.writeId === writeId;
  }

  return {
    async find(hash) {
      const found = await stored(hash);
      if (found === undefined || hasEnded(found)) return found;
      const { writeId: _, ...link } = found;
      return link;
    },

    add: (link) => put(link, ABSENT),

    write: (next, { version }) =>
      put({ ...next, version: version + 1 }, ["version = :version", { ":version": version }]),

    async end(link) {
      const expiresAt = seconds(endStoredUntil(link));
      await putRow(client, tableName, { ...keyOf(link.hash), ...link, expiresAt });
    },
  };
}

function keyOf(hash: string) {
  return { pk: `link#${hash}` };
}

function seconds(time: Date): number {
  return Math.ceil(time.getTime() / 1000);
}
