import { afterAll, describe, expect, test } from "vitest";
import type { Message } from "../../functions/webhooks/domain/message.ts";
import { dynamoEndpointStates } from "../../functions/webhooks/store/endpoint-states.ts";
import { dynamoMessages } from "../../functions/webhooks/store/messages.ts";
import { fakeClock, START } from "../support/fake-clock.ts";
import { fakeEndpointStates, fakeMessages } from "../support/fake-webhooks.ts";
import { EVENTS, localTables } from "../support/local-aws.ts";
import { seededIds } from "../support/seeded-ids.ts";

const tables = await localTables();
afterAll(tables.close);

/** Each test has an endpoint of its own. */
const ids = seededIds(23, 1_000);
const newId = () => ids.pop() ?? "";

const DUE = "2026-01-05T09:01:00.000Z";

const clock = fakeClock();
const inMemory = { messages: fakeMessages(), states: fakeEndpointStates(clock) };
const inDynamo = {
  messages: dynamoMessages(tables.client, EVENTS, clock),
  states: dynamoEndpointStates(tables.client, EVENTS, clock),
};

describe.each([
  ["in memory", inMemory],
  ["in DynamoDB", inDynamo],
])("messages %s", (_, { messages, states }) => {
  const messageOf = (endpointId: string, second: number, changes: Partial<Message> = {}): Message => ({
    id: newId(),
    endpointId,
    eventId: `event-${second}`,
    typeId: "job.created",
    path: "/jobs/1",
    createdAt: new Date(Date.parse(START) + second * 1000).toISOString(),
    sequence: 1,
    status: "pending",
    dueAt: DUE,
    tries: 0,
    attempts: [],
    ...changes,
  });

  /** An endpoint with messages of the seconds 0, 1, 2 and so on. */
  async function stored(count: number) {
    const endpointId = newId();
    const made = Array.from({ length: count }, (_, second) => messageOf(endpointId, second));
    // Stored in another order than made.
    for (const message of made.toReversed()) await messages.add(message);
    return { endpointId, made, ids: made.map(({ id }) => id) };
  }

  const idsOf = (found: readonly { id: string }[]) => found.map(({ id }) => id);

  test("are found as they were added, once", async () => {
    const { endpointId, made } = await stored(1);
    const [message] = made;
    if (message === undefined) throw new Error("no message");
    expect(await messages.add({ ...message, tries: 7 })).toBe(false);
    expect(await messages.find(endpointId, message.id)).toEqual(message);
    expect(await messages.find(newId(), message.id)).toBeUndefined();
  });

  test("wait oldest first, until they are settled", async () => {
    const { endpointId, made, ids } = await stored(4);
    const [first, second, third] = made;
    if (first === undefined || second === undefined || third === undefined) throw new Error("no message");
    await messages.settle({ ...first, status: "delivered", dueAt: undefined });
    await messages.settle({ ...second, status: "failed", dueAt: undefined, tries: 10 });
    const later = "2026-01-05T10:00:00.000Z";
    const attempts = [{ number: 1, at: START, url: "https://a.example/", response: "", isSuccess: false }];
    expect(await messages.settle({ ...third, dueAt: later, tries: 1, attempts })).toMatchObject({
      ...{ dueAt: later, tries: 1, attempts },
    });
    const { createdAt } = third;
    expect(await messages.waiting(endpointId, 1)).toEqual([{ id: third.id, dueAt: later, createdAt }]);
    expect(idsOf(await messages.waiting(endpointId, 10))).toEqual(ids.slice(2));
    expect(await messages.waiting(newId(), 10)).toEqual([]);
  });

  test("that were delivered stay so when a slower attempt fails, and those that were deleted stay deleted", async () => {
    const { endpointId, made } = await stored(2);
    const [one, gone] = made;
    if (one === undefined || gone === undefined) throw new Error("no message");
    await messages.settle({ ...one, status: "delivered", dueAt: undefined });
    expect(await messages.settle({ ...one, tries: 1 })).toMatchObject({ status: "delivered", tries: 0 });
    await messages.remove(endpointId, gone.id);
    expect(await messages.settle({ ...gone, tries: 1 })).toBeUndefined();
    expect(await messages.waiting(endpointId, 10)).toEqual([]);
  });

  test("are taken by one function at a time, and only while they wait", async () => {
    const { endpointId, made } = await stored(1);
    const [message] = made;
    if (message === undefined) throw new Error("no message");
    const until = "2026-01-05T09:02:00.000Z";
    const claims = await Promise.all([1, 2].map(() => messages.claim(message, until)));
    expect(claims.toSorted()).toEqual([false, true]);
    expect((await messages.waiting(endpointId, 1))[0]?.dueAt).toBe(until);
    const attempts = [{ number: 1, at: START, url: "https://a.example/", response: "", isSuccess: false }];
    await messages.settle({ ...message, status: "delivered", dueAt: undefined });
    expect(await messages.claim({ ...message, dueAt: until }, until)).toBe(false);
    expect(await messages.noteAttempts({ ...message, attempts })).toMatchObject({
      status: "delivered",
      attempts,
    });
  });

  test("name the next of their job while they wait, and not later", async () => {
    const { endpointId, made } = await stored(1);
    const [message] = made;
    if (message === undefined) throw new Error("no message");
    expect(await messages.link(endpointId, message.id, "next")).toBe(true);
    expect(await messages.settle({ ...message, status: "delivered" })).toMatchObject({ next: "next" });
    expect(await messages.link(endpointId, message.id, "later")).toBe(false);
    expect(await messages.link(endpointId, newId(), "next")).toBe(false);
    await messages.noteNewest(endpointId, "job", "m1");
    expect([
      await messages.newestOf(endpointId, "job"),
      await messages.newestOf(endpointId, "other"),
    ]).toEqual(["m1", undefined]);
    await messages.forgetNewest(endpointId, "job");
    expect(await messages.newestOf(endpointId, "job")).toBeUndefined();
  });

  test("come in pages, newest first, and in periods, oldest first", async () => {
    const { endpointId, made, ids } = await stored(5);
    const all = { limit: 2, from: undefined, wanted: undefined };
    const first = await messages.page(endpointId, all);
    expect([idsOf(first?.messages ?? []), first?.next]).toEqual([[ids[4], ids[3]], ids[3]]);
    const last = await messages.page(endpointId, { ...all, limit: 3, from: ids[3] });
    expect([idsOf(last?.messages ?? []), last?.next]).toEqual([[ids[2], ids[1], ids[0]], undefined]);
    const wanted = ({ eventId }: Message) => eventId === "event-1";
    expect(idsOf((await messages.page(endpointId, { ...all, wanted }))?.messages ?? [])).toEqual([ids[1]]);
    expect(await messages.page(endpointId, { ...all, from: newId() })).toBeUndefined();

    const [, one, , three] = made;
    const period = { from: one?.createdAt ?? "", to: three?.createdAt ?? "", after: undefined };
    const found = await messages.period(endpointId, { ...period, limit: 1, wanted: () => true });
    expect([idsOf(found?.messages ?? []), found?.next]).toEqual([[ids[1]], ids[1]]);
    const rest = await messages.period(endpointId, {
      ...period,
      after: ids[1],
      limit: 9,
      wanted: () => true,
    });
    expect([idsOf(rest?.messages ?? []), rest?.next]).toEqual([[ids[2]], undefined]);
  });

  test("can be opened again with all their tries ahead", async () => {
    const { endpointId, made } = await stored(1);
    const [message] = made;
    if (message === undefined) throw new Error("no message");
    await messages.settle({ ...message, status: "failed", dueAt: undefined, tries: 10 });
    await messages.reopen(endpointId, message.id, DUE);
    expect(await messages.find(endpointId, message.id)).toMatchObject({
      status: "pending",
      tries: 0,
      dueAt: DUE,
    });
    expect(idsOf(await messages.waiting(endpointId, 10))).toEqual([message.id]);
    await messages.reopen(endpointId, newId(), DUE);
    expect(await messages.waiting(endpointId, 10)).toHaveLength(1);
  });

  test("have endpoints whose failures are counted, and whose mode one writer at a time changes", async () => {
    const endpointId = newId();
    expect(await states.read(endpointId)).toEqual({ failures: 0 });
    expect(await states.countFailure(endpointId)).toEqual({ failures: 1 });
    const failing = { failures: 2, mode: "failing", probeAt: DUE, since: START } as const;
    const changes = await Promise.all([1, 2].map(() => states.change(endpointId, undefined, failing)));
    expect(changes.toSorted()).toEqual([false, true]);
    expect(await states.countFailure(endpointId)).toEqual({ ...failing, failures: 3 });
    expect(await states.change(endpointId, "failing", { failures: 0 })).toBe(true);
    expect(await states.read(endpointId)).toEqual({ failures: 0 });
    await states.remove(endpointId);
    expect(await states.read(endpointId)).toEqual({ failures: 0 });
  });

  test("have endpoints that one sweep at a time holds, until its time is over", async () => {
    const endpointId = newId();
    const until = clock.after(1_000);
    expect(await states.lease(endpointId, "one", until)).toBe(true);
    expect(await states.lease(endpointId, "two", until)).toBe(false);
    await states.release(endpointId, "two");
    expect(await states.lease(endpointId, "two", until)).toBe(false);
    await states.release(endpointId, "one");
    expect(await states.lease(endpointId, "two", until)).toBe(true);
    clock.pass(1_000);
    expect(await states.lease(endpointId, "three", clock.after(1_000))).toBe(true);
  });
});
