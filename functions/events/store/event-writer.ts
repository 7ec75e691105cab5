import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Clock } from "../../jobs/domain/clock.ts";
import { storedUntil } from "../../jobs/domain/times-to-live.ts";
import { ABSENT, ownerOf, putRow, readRow } from "../../platform/dynamo.ts";
import type { EventWriter } from "../domain/ports.ts";
import { EVENT_DAYS, erasedKey, rowOf } from "./event-row.ts";

/**
 * Stores events in their table. The client must make one attempt of at most two seconds: a write that arrives later would be
 * missed by readers who have already passed its time.
 */
export function dynamoEventWriter(client: DynamoDBClient, tableName: string, clock: Clock): EventWriter {
  return {
    async add(event) {
      await putRow(client, tableName, rowOf(event, clock.now()), ABSENT);
    },

    isErased: async (userId) => (await readRow(client, tableName, erasedKey(ownerOf(userId)))) !== undefined,

    async setAside({ record, jobId }) {
      const at = clock.now().toISOString();
      const row = { pk: `set-aside#${record}`, jobId, at, expiresAt: storedUntil(at, EVENT_DAYS) };
      await putRow(client, tableName, row, ABSENT);
    },
  };
}
