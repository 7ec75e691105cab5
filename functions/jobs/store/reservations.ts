import { createHash } from "node:crypto";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import * as z from "zod/v4/core";
import { deleteRow, putRow, readRow } from "../../platform/dynamo.ts";
import type { KeyedRequest, Reservations } from "../domain/idempotency.ts";
import { anyText, matching, object, optional } from "../domain/kinds.ts";
import type { Clock } from "../domain/ports.ts";
import { wholeNumber } from "../domain/whole-number.ts";
import { isKept } from "./job-row.ts";

const bytes = matching<Uint8Array>((value) => value instanceof Uint8Array);

const rowSchema = object({
  jobId: anyText,
  fingerprint: object({ mac: bytes, sealedKey: bytes }),
  writeId: anyText,
  busySince: optional(anyText),
  expiresAt: wholeNumber,
  reply: optional(anyText),
});

const replySchema = object({
  status: wholeNumber,
  body: matching<object>((body) => typeof body === "object" && body !== null),
  jobId: optional(anyText),
});

/** One row for each key of a user: neither the key nor the request is in it. A row past its time is as good as gone. */
export function dynamoReservations(client: DynamoDBClient, tableName: string, clock: Clock): Reservations {
  const reservations: Reservations = {
    async find(request) {
      const row = await readRow(client, tableName, keyOf(request));
      if (row === undefined || !isKept(row, clock.now())) return undefined;
      const { reply, ...kept } = z.parse(rowSchema, row);
      return reply === undefined ? kept : { ...kept, reply: z.parse(replySchema, JSON.parse(reply)) };
    },

    async write(request, next, from) {
      // As a text it keeps its bytes, down to the order of the fields.
      const reply = next.reply && JSON.stringify(next.reply);
      const isMade = await putRow(client, tableName, { ...keyOf(request), ...next, reply }, [
        "attribute_not_exists(pk) OR expiresAt <= :now OR writeId = :from",
        { ":now": clock.now().getTime() / 1000, ":from": from?.writeId ?? "" },
      ]);
      // The SDK repeats a write whose reply was lost, and then meets its own first one.
      return isMade || (await reservations.find(request))?.writeId === next.writeId;
    },

    async remove(request, { writeId }) {
      await deleteRow(client, tableName, keyOf(request), ["writeId = :writeId", { ":writeId": writeId }]);
    },
  };
  return reservations;
}

/** Any text may be a key, even one that says something about its user. */
function keyOf({ userId, key }: KeyedRequest) {
  const hash = createHash("sha256").update(key).digest("hex");
  return { pk: `idempotency#${userId}#${hash}` };
}
