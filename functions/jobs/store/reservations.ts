import { createHash } from "node:crypto";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import * as z from "zod/mini";
import { deleteRow, isUnexpired, ownerOf, putRow, readRow } from "../../platform/dynamo.ts";
import type { Clock } from "../domain/clock.ts";
import type { KeyedRequest } from "../domain/idempotency.ts";
import type { Reservations } from "../domain/ports.ts";

const bytes = z.instanceof(Uint8Array);

const rowSchema = z.object({
  jobId: z.string(),
  fingerprint: z.object({ mac: bytes, sealedKey: bytes }),
  writeId: z.string(),
  busySince: z.optional(z.string()),
  expiresAt: z.int(),
  reply: z.optional(z.string()),
});

const replySchema = z.object({
  status: z.int(),
  body: z.looseObject({}),
  jobId: z.optional(z.string()),
});

/**
 * Stores one row for each Idempotency-Key of a user. The row contains neither the key nor the request. An
 * expired row counts as missing.
 */
export function dynamoReservations(client: DynamoDBClient, tableName: string, clock: Clock): Reservations {
  const reservations: Reservations = {
    async find(request) {
      const row = await readRow(client, tableName, keyOf(request));
      if (row === undefined || !isUnexpired(row, clock.now())) return undefined;
      const { reply, ...stored } = z.parse(rowSchema, row);
      return reply === undefined ? stored : { ...stored, reply: z.parse(replySchema, JSON.parse(reply)) };
    },

    async write(request, next, from) {
      // As text, the reply keeps its bytes, including the order of its fields.
      const reply = next.reply && JSON.stringify(next.reply);
      const row = { ...keyOf(request), ...next, reply, owner: ownerOf(request.userId) };
      const isMade = await putRow(client, tableName, row, [
        "attribute_not_exists(pk) OR expiresAt <= :now OR writeId = :from",
        { ":now": clock.now().getTime() / 1000, ":from": from?.writeId ?? "" },
      ]);
      // The write also returns false if the SDK retried it after its response was lost.
      return isMade || (await reservations.find(request))?.writeId === next.writeId;
    },

    async remove(request, { writeId }) {
      await deleteRow(client, tableName, keyOf(request), ["writeId = :writeId", { ":writeId": writeId }]);
    },
  };
  return reservations;
}

/** Hashes the key: it may be any text, even personal data about its user. */
function keyOf({ userId, key }: KeyedRequest) {
  const hash = createHash("sha256").update(key).digest("hex");
  return { pk: `idempotency#${userId}#${hash}` };
}
