import { BatchGetItemCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import * as z from "zod/mini";
import { deleteRow, putRow } from "../../platform/dynamo.ts";
import type { Clock } from "../domain/clock.ts";
import type { WaiterSlots } from "../domain/ports.ts";

const PREFIX = "waiter#";

/** `leasedUntil` is in milliseconds since 1970. */
const rowSchema = z.object({ pk: z.string(), leasedUntil: z.number() });

/** Stores one row for each slot that is taken. `count` is the number of slots, from 0 to 100. */
export function dynamoWaiterSlots(
  client: DynamoDBClient,
  tableName: string,
  clock: Clock,
  count: number,
): WaiterSlots {
  const all = Array.from({ length: count }, (_, slot) => slot);

  return {
    async free() {
      if (count === 0) return [];
      const Keys = all.map((slot) => marshall(keyOf(slot)));
      // A read that misses a row of the last second costs one try: the write checks the row.
      const { Responses, UnprocessedKeys } = await client.send(
        new BatchGetItemCommand({ RequestItems: { [tableName]: { Keys } } }),
      );
      const now = clock.now().getTime();
      const rows = (Responses?.[tableName] ?? []).map((item) => z.parse(rowSchema, unmarshall(item)));
      const taken = rows.filter(({ leasedUntil }) => leasedUntil > now).map(({ pk }) => pk);
      const unread = (UnprocessedKeys?.[tableName]?.Keys ?? []).map(({ pk }) => pk?.S);
      return all.filter((slot) => !taken.includes(keyOf(slot).pk) && !unread.includes(keyOf(slot).pk));
    },

    // The SDK repeats a write whose response was lost: a slot that the same lease holds counts as free.
    take: ({ slot, id, until }) =>
      putRow(
        client,
        tableName,
        {
          ...keyOf(slot),
          lease: id,
          leasedUntil: until.getTime(),
          expiresAt: Math.ceil(until.getTime() / 1000),
        },
        [
          "attribute_not_exists(pk) OR leasedUntil <= :now OR lease = :lease",
          { ":now": clock.now().getTime(), ":lease": id },
        ],
      ),

    async release({ slot, id }) {
      await deleteRow(client, tableName, keyOf(slot), ["lease = :lease", { ":lease": id }]);
    },
  };
}

/** Reports every failure: requests continue without a slot, so otherwise nobody would notice it. */
export function loggedWaiterSlots(slots: WaiterSlots, report: (error: unknown) => void): WaiterSlots {
  async function reported<Result>(work: Promise<Result>): Promise<Result> {
    try {
      return await work;
    } catch (error) {
      report(error);
      throw error;
    }
  }
  return {
    free: () => reported(slots.free()),
    take: (lease) => reported(slots.take(lease)),
    release: (lease) => reported(slots.release(lease)),
  };
}

function keyOf(slot: number) {
  return { pk: `${PREFIX}${slot}` };
}
