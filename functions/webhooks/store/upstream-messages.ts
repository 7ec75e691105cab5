import { type DynamoDBClient, paginateQuery, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import * as z from "zod/mini";
import type { Clock } from "../../jobs/domain/clock.ts";
import { storedUntil } from "../../jobs/domain/times-to-live.ts";
import { ABSENT, isUnexpired, putRow, wasMade } from "../../platform/dynamo.ts";
import type { UpstreamMessages } from "../domain/ports.ts";
import {
  MESSAGE_DAYS,
  type StoredUpstreamMessage,
  type UpstreamMessage,
} from "../domain/upstream-message.ts";

/** The index of the events table in which messages wait, and their partition of it. */
const WAITING = { IndexName: "by-time", of: "upstream-messages" } as const;

const messageRow = z.object({ pk: z.string(), eventId: z.string(), since: z.string() });

const KIND = "upstream-message#";

/**
 * Stores messages in the events table: of their bodies, only the id of the event. A row stays after its work, so that a
 * repeated message is recognised.
 */
export function dynamoUpstreamMessages(
  client: DynamoDBClient,
  TableName: string,
  clock: Clock,
): UpstreamMessages {
  const placeOf = ({ id }: UpstreamMessage) => `${clock.now().toISOString()}#${id}`;

  /** A message that is finished is not in the index any more. */
  async function change(message: UpstreamMessage, expression: string, values?: Record<string, string>) {
    await wasMade(
      client.send(
        new UpdateItemCommand({
          TableName,
          Key: marshall({ pk: KIND + message.id }),
          UpdateExpression: expression,
          ConditionExpression: "attribute_exists(listed)",
          ...(values && { ExpressionAttributeValues: marshall(values) }),
        }),
      ),
    );
  }

  return {
    add: (message) => {
      const now = clock.now().toISOString();
      const row = {
        pk: KIND + message.id,
        eventId: message.eventId,
        since: now,
        listed: WAITING.of,
        place: placeOf(message),
        expiresAt: storedUntil(now, MESSAGE_DAYS),
      };
      return putRow(client, TableName, row, ABSENT);
    },

    async waiting(limit) {
      const pages = paginateQuery(
        { client, pageSize: limit },
        {
          TableName,
          IndexName: WAITING.IndexName,
          KeyConditionExpression: "listed = :of",
          ExpressionAttributeValues: marshall({ ":of": WAITING.of }),
        },
      );
      const found: StoredUpstreamMessage[] = [];
      for await (const { Items = [] } of pages) {
        for (const row of Items.map((item) => unmarshall(item))) {
          // Rows that have expired may stay for days, in front of all others.
          if (!isUnexpired(row, clock.now())) continue;
          const { pk, eventId, since } = z.parse(messageRow, row);
          found.push({ id: pk.slice(KIND.length), eventId, since });
          if (found.length === limit) return found;
        }
      }
      return found;
    },

    postpone: (message) => change(message, "SET place = :place", { ":place": placeOf(message) }),

    finish: (message) => change(message, "REMOVE listed, place"),
  };
}
