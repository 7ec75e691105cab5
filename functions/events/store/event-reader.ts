import { type DynamoDBClient, QueryCommand, type QueryCommandOutput } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import type { Clock } from "../../jobs/domain/clock.ts";
import { isUnexpired, ownerOf, readRow } from "../../platform/dynamo.ts";
import type { StoredEvent } from "../domain/event.ts";
import type { EventReader } from "../domain/ports.ts";
import { BY_TIME, byOwner, EVENT_DAYS, eventIn, eventKey } from "./event-row.ts";

/**
 * Readers see an event after this time. Until then, an event with an earlier time may still appear: clocks of functions
 * differ, a write takes up to two seconds, and an index is a little later than its table.
 */
const SHOWN_AFTER_MS = 5_000;

const DAY_MS = 24 * 3600_000;

/** A page that filters reads at most this many events, and may then be shorter than its limit. */
const MAX_READ = 2_000;
const FILTERED_AT_ONCE = 250;

type Found = StoredEvent & { place: string };

export function dynamoEventReader(client: DynamoDBClient, TableName: string, clock: Clock): EventReader {
  async function find(id: string): Promise<Found | undefined> {
    const row = await readRow(client, TableName, eventKey(id));
    if (row === undefined || !isUnexpired(row, clock.now())) return undefined;
    const event = eventIn(row);
    // A later version may have stored it. If it counted as erased, the caller would delete its messages.
    if (event === undefined) throw new Error("An event cannot be read.");
    return event;
  }

  /** Reads at most `count` events of an index from one place to another, oldest first. */
  async function read(userId: string | undefined, from: string, until: string, count: number) {
    const { IndexName, key, of } = userId === undefined ? BY_TIME : byOwner(ownerOf(userId));
    const found: Found[] = [];
    let start: QueryCommandOutput["LastEvaluatedKey"];
    do {
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName,
          IndexName,
          KeyConditionExpression: `${key} = :of AND place BETWEEN :from AND :until`,
          ExpressionAttributeValues: marshall({ ":of": of, ":from": from, ":until": until }),
          Limit: count - found.length,
          ...(start !== undefined && { ExclusiveStartKey: start }),
        }),
      );
      found.push(...Items.flatMap((item) => eventIn(unmarshall(item)) ?? []));
      start = LastEvaluatedKey;
    } while (start !== undefined && found.length < count);
    return { found, isLast: start === undefined };
  }

  return {
    find,

    async page({ userId, after, limit, wanted }) {
      const last = after === undefined ? undefined : await find(after);
      if (after !== undefined && last === undefined) return undefined;
      // A place is a time, a `#` and more. `~` sorts after `#`.
      const until = `${clock.after(-SHOWN_AFTER_MS).toISOString()}~`;
      const oldest = new Date(clock.now().getTime() - EVENT_DAYS * DAY_MS).toISOString();
      let from = last === undefined ? oldest : afterPlace(last);
      const events: Found[] = [];
      for (let readSoFar = 0; from <= until; ) {
        const count = wanted === undefined ? limit - events.length : FILTERED_AT_ONCE;
        const { found, isLast } = await read(userId, from, until, count);
        for (const event of found) {
          if (wanted?.(event) ?? true) events.push(event);
          if (events.length === limit) return { events, next: event.id };
        }
        readSoFar += found.length;
        const end = found.at(-1);
        if (isLast || end === undefined) break;
        if (readSoFar >= MAX_READ) return { events, next: end.id };
        from = afterPlace(end);
      }
      return { events, next: undefined };
    },
  };
}

/** Returns the smallest text after the place of an event. */
function afterPlace({ place }: Found): string {
  return `${place}\u0000`;
}
