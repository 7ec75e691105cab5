import { type DynamoDBClient, paginateQuery } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import type { Clock } from "../../jobs/domain/clock.ts";
import type { EventEraser } from "../../jobs/domain/ports.ts";
import { storedUntil } from "../../jobs/domain/times-to-live.ts";
import { deleteRow, putRow } from "../../platform/dynamo.ts";
import type { StoredEvent } from "../domain/event.ts";
import { byOwner, erasedKey, eventIn } from "./event-row.ts";

/**
 * A record of the stream lives for a day. The aggregator sends a message for 27 hours, and we try for 3 days to fetch its
 * event. After five days, no further event of the user can come.
 */
const ERASED_DAYS = 5;

export interface EventEraserOptions {
  client: DynamoDBClient;
  tableName: string;
  clock: Clock;
  /** Deletes what webhooks have stored about events. */
  eraseMessagesOf(events: readonly StoredEvent[]): Promise<void>;
}

/**
 * First refuses further events of the user, then deletes those that are stored, and what webhooks have stored about them. The
 * rounds of an erasure repeat this.
 */
export function dynamoEventEraser(options: EventEraserOptions): EventEraser {
  const { client, tableName: TableName, clock } = options;
  return {
    async erase(owner) {
      const expiresAt = storedUntil(clock.now().toISOString(), ERASED_DAYS);
      await putRow(client, TableName, { ...erasedKey(owner), expiresAt });
      const { IndexName, key, of } = byOwner(owner);
      const pages = paginateQuery(
        { client },
        {
          TableName,
          IndexName,
          KeyConditionExpression: `${key} = :of`,
          ExpressionAttributeValues: marshall({ ":of": of }),
        },
      );
      for await (const { Items = [] } of pages) {
        const rows = Items.map((item) => unmarshall(item));
        // If this fails, the next round finds the events again.
        await options.eraseMessagesOf(rows.flatMap((row) => eventIn(row) ?? []));
        const keys = rows.map(({ pk }) => ({ pk }));
        await Promise.all(keys.map((one) => deleteRow(client, TableName, one)));
      }
    },
  };
}
