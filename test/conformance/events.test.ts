import { randomUUID } from "node:crypto";
import { afterAll, expect, test } from "vitest";
import type { Event } from "../../functions/events/domain/event.ts";
import { eventsOf } from "../../functions/events/domain/event.ts";
import type { PageOptions } from "../../functions/events/domain/ports.ts";
import { dynamoEventEraser } from "../../functions/events/store/event-eraser.ts";
import { dynamoEventReader } from "../../functions/events/store/event-reader.ts";
import { dynamoEventWriter } from "../../functions/events/store/event-writer.ts";
import { ownerOf } from "../../functions/platform/dynamo.ts";
import { dynamoEndpoints } from "../../functions/webhooks/store/endpoints.ts";
import { messageEraser } from "../../functions/webhooks/store/message-eraser.ts";
import { dynamoMessages } from "../../functions/webhooks/store/messages.ts";
import { fanOut } from "../../functions/webhooks/use-cases/fan-out.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { endpointOf } from "../support/fake-webhooks.ts";
import { awaitingJob, followingJob, jobOf } from "../support/job-examples.ts";
import { countReads, EVENTS, localTables } from "../support/local-aws.ts";

/** Each test has tables of its own: the list of all events is one. */
async function world() {
  const tables = await localTables();
  afterAll(tables.close);
  const clock = fakeClock();
  const client = tables.newClient();
  const read = countReads(client);
  const reader = dynamoEventReader(client, EVENTS, clock);
  const writer = dynamoEventWriter(tables.client, EVENTS, clock);
  const endpoints = dynamoEndpoints(tables.client, EVENTS);
  const messages = dynamoMessages(tables.client, EVENTS, clock);
  const eraser = dynamoEventEraser({
    client: tables.client,
    tableName: EVENTS,
    clock,
    eraseMessagesOf: messageEraser(endpoints, messages),
  });
  return {
    ...{ tables, clock, read, reader, writer, eraser, endpoints, messages },
    /** Stores events one second after the other, and lets them become old enough to be shown. */
    async store(events: readonly Event[]) {
      for (const event of events) {
        clock.pass(1_000);
        await writer.add(event);
      }
      clock.pass(5_000);
    },
    async idsOf(options: Partial<PageOptions> = {}) {
      const asked = { userId: undefined, after: undefined, limit: 500, wanted: undefined, ...options };
      const page = await reader.page(asked);
      return page && [page.events.map(({ id }) => id), page.next];
    },
  };
}

const eventOf = (userId: string, type = "updated"): Event => {
  const before = type === "mfa-required" ? awaitingJob({ phase: "challenged" }) : followingJob();
  const after = type === "mfa-required" ? awaitingJob() : followingJob({ connectionId: "c1" });
  const [event] = eventsOf(before, { ...after, id: randomUUID(), userId, version: before.version + 1 });
  if (event?.eventType !== type) throw new Error(`This is no event ${type}.`);
  return event;
};

test("an event is found by its id as it was stored first, with its time, until 90 days have passed", async () => {
  const { reader, writer, clock } = await world();
  const event = eventOf("a1", "mfa-required");
  const storedAt = clock.now().toISOString();
  await writer.add(event);
  clock.pass(60_000);
  await writer.add(event);
  expect(await reader.find(event.id)).toMatchObject({ ...JSON.parse(JSON.stringify(event)), storedAt });
  expect(await reader.find(eventOf("a1").id)).toBeUndefined();
  clock.pass(90 * 24 * 3600_000);
  expect(await reader.find(event.id)).toBeUndefined();
});

test("events are listed in the order in which they were stored, page by page, without one missing or twice", async () => {
  const { store, idsOf } = await world();
  const events = [eventOf("a1"), eventOf("b2"), eventOf("a1"), eventOf("b2"), eventOf("a1")];
  await store(events);
  const [one, two, three, four, five] = events.map(({ id }) => id);
  expect(await idsOf({ limit: 2 })).toEqual([[one, two], two]);
  expect(await idsOf({ limit: 2, after: two })).toEqual([[three, four], four]);
  expect(await idsOf({ limit: 2, after: four })).toEqual([[five], undefined]);
  expect(await idsOf({ after: five })).toEqual([[], undefined]);
  expect(await idsOf({ userId: "a1", after: two })).toEqual([[three, five], undefined]);
  expect(await idsOf({ userId: "c3" })).toEqual([[], undefined]);
  expect(await idsOf({ after: eventOf("a1").id })).toBeUndefined();
});

test("a page reads what it shows and at most one item more", async () => {
  const { store, idsOf, read } = await world();
  const events = Array.from({ length: 12 }, (_, index) => eventOf(index % 2 === 0 ? "a1" : "b2"));
  await store(events);
  for (const options of [{}, { userId: "a1" }, { after: events[2]?.id }]) {
    read.items = 0;
    expect((await idsOf({ ...options, limit: 3 }))?.[0]).toHaveLength(3);
    expect(read.items).toBeLessThanOrEqual(4);
  }
});

test("two events of one write keep their order", async () => {
  const { writer, clock, idsOf } = await world();
  const events = eventsOf(jobOf(), jobOf({ phase: "failed", attempt: 1, version: 2 }));
  for (const event of events) await writer.add(event);
  clock.pass(5_000);
  expect(events.map(({ eventType }) => eventType)).toEqual(["created", "failed"]);
  expect((await idsOf())?.[0]).toEqual(events.map(({ id }) => id));
});

test("an event is listed only when it is 5 seconds old, also if it is the one to read on from", async () => {
  const { store, writer, clock, idsOf } = await world();
  const [old, young] = [eventOf("a1"), eventOf("a1")];
  await store([old]);
  await writer.add(young);
  clock.pass(4_999);
  expect(await idsOf()).toEqual([[old.id], undefined]);
  expect(await idsOf({ after: young.id })).toEqual([[], undefined]);
  clock.pass(1);
  expect(await idsOf({ after: old.id })).toEqual([[young.id], undefined]);
});

test("a filter that is not in an index reads on, and does not pass the limit", async () => {
  const { store, idsOf } = await world();
  const types = ["updated", "mfa-required", "updated", "mfa-required", "mfa-required"];
  const events = types.map((type) => eventOf("a1", type));
  await store(events);
  const wanted = ({ eventType }: Event) => eventType === "mfa-required";
  const [, two, , four, five] = events.map(({ id }) => id);
  expect(await idsOf({ wanted, limit: 2 })).toEqual([[two, four], four]);
  expect(await idsOf({ wanted, limit: 2, after: four })).toEqual([[five], undefined]);
});

test("an erased user has no events and no messages, and gets none; another user's stay", async () => {
  const { store, idsOf, eraser, writer, tables, endpoints, messages, clock } = await world();
  const theirs = eventOf("b2");
  const events = [eventOf("a1"), theirs, eventOf("a1")];
  await store(events);
  await endpoints.write([endpointOf("e1", { ordering: "job" }), endpointOf("e2", { status: "deleted" })], {
    version: 0,
  });
  const waker = { wake: async () => undefined };
  for (const event of events) await fanOut({ clock, endpoints, messages, waker }).add(event);
  await eraser.erase(ownerOf("a1"));
  await eraser.erase(ownerOf("a1"));
  expect(await idsOf()).toEqual([[theirs.id], undefined]);
  expect([await writer.isErased("a1"), await writer.isErased("b2")]).toEqual([true, false]);
  const left = (await tables.rows(EVENTS)).map((row) => JSON.stringify(row));
  expect(left.filter((row) => row.includes('"a1"') || row.includes(events[0]?.id ?? ""))).toEqual([]);
  const kinds = left.map((row) => /"pk":"(message|order|event|webhooks|erased)#/.exec(row)?.[1]);
  expect(kinds.toSorted()).toEqual(["erased", "event", "message", "order", "webhooks"]);
});

test("a record that was set aside is named by its number and its job, and is no event", async () => {
  const { writer, tables, idsOf } = await world();
  await writer.setAside({ record: "17", jobId: undefined });
  await writer.setAside({ record: "17", jobId: undefined });
  expect(await tables.rows(EVENTS)).toMatchObject([{ pk: "set-aside#17" }]);
  expect(await idsOf()).toEqual([[], undefined]);
});
