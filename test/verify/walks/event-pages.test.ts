import { BatchWriteItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Event, eventsOf } from "../../../functions/events/domain/event.ts";
import { dynamoEventReader } from "../../../functions/events/store/event-reader.ts";
import { rowOf } from "../../../functions/events/store/event-row.ts";
import { fakeClock } from "../../support/fake-clock.ts";
import { followingJob } from "../../support/job-examples.ts";
import { countReads, EVENTS, localTables } from "../../support/local-aws.ts";

const EVENT_COUNT = 20_000;
const USERS = 40;
/** DynamoDB takes this many rows at once. */
const BATCH = 25;

const tables = await localTables();
afterAll(tables.close);
const clock = fakeClock();

function eventOf(number: number): Event {
  const before = followingJob({ userId: `u${number % USERS}`, version: number });
  const [event] = eventsOf(before, { ...before, version: number + 1, connectionId: "c1" });
  if (event === undefined) throw new Error("There is no event.");
  return { ...event, sequence: number };
}

beforeAll(async () => {
  const rows = Array.from({ length: EVENT_COUNT }, (_, number) => {
    clock.pass(10);
    return marshall(rowOf(eventOf(number), clock.now()), { removeUndefinedValues: true });
  });
  for (let start = 0; start < rows.length; start += BATCH) {
    const batch = rows.slice(start, start + BATCH).map((Item) => ({ PutRequest: { Item } }));
    await tables.client.send(new BatchWriteItemCommand({ RequestItems: { [EVENTS]: batch } }));
  }
  clock.pass(10_000);
});

test.each([
  ["all events", undefined, EVENT_COUNT],
  ["one user's events", "u7", EVENT_COUNT / USERS],
])(
  "Each page of %s reads what it shows and at most one item more, among 20,000",
  async (_, userId, total) => {
    const seen = new Set<string>();
    let after: string | undefined;
    do {
      const client = tables.newClient();
      const read = countReads(client);
      const reader = dynamoEventReader(client, EVENTS, clock);
      const page = await reader.page({ userId, after, limit: 400, wanted: undefined });
      expect(read.items).toBeLessThanOrEqual((page?.events.length ?? 0) + 1);
      for (const { id } of page?.events ?? []) seen.add(id);
      after = page?.next;
    } while (after !== undefined);
    expect(seen.size).toBe(total);
  },
);
