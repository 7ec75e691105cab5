import { afterAll, expect, test } from "vitest";
import { dynamoUpstreamMessages } from "../../../../functions/webhooks/store/upstream-messages.ts";
import { fakeClock } from "../../../support/fake-clock.ts";
import { EVENTS, localTables } from "../../../support/local-aws.ts";

const DAY_MS = 24 * 3600_000;

async function world() {
  const tables = await localTables();
  afterAll(tables.close);
  const clock = fakeClock();
  const messages = dynamoUpstreamMessages(tables.client, EVENTS, clock);
  const waiting = async (limit = 10) => (await messages.waiting(limit)).map(({ id }) => id);
  return { clock, messages, waiting, rows: () => tables.rows(EVENTS) };
}

const message = (id: string) => ({ id, eventId: `event-of-${id}` });

test("a message is taken once for three days, also after it was finished, and its row has nothing of its body", async () => {
  const { messages, waiting, rows, clock } = await world();
  expect([await messages.add(message("m1")), await messages.add(message("m1"))]).toEqual([true, false]);
  const since = clock.now().toISOString();
  expect(await messages.waiting(10)).toEqual([{ ...message("m1"), since }]);
  const expiresAt = clock.now().getTime() / 1000 + 3 * 24 * 3600;
  expect(await rows()).toEqual([
    {
      pk: "upstream-message#m1",
      eventId: "event-of-m1",
      since,
      listed: "upstream-messages",
      place: `${clock.now().toISOString()}#m1`,
      expiresAt,
    },
  ]);
  await messages.finish(message("m1"));
  expect([await waiting(), await messages.add(message("m1"))]).toEqual([[], false]);
  expect(await rows()).toEqual([{ pk: "upstream-message#m1", eventId: "event-of-m1", since, expiresAt }]);
});

test("messages wait in the order in which they came, a postponed one behind the others, and none for more than three days", async () => {
  const { messages, waiting, clock } = await world();
  for (const id of ["m1", "m2", "m3"]) {
    await messages.add(message(id));
    clock.pass(1_000);
  }
  await messages.postpone(message("m1"));
  expect(await waiting()).toEqual(["m2", "m3", "m1"]);
  expect(await waiting(2)).toEqual(["m2", "m3"]);
  await messages.finish(message("m2"));
  await messages.postpone(message("m2"));
  expect(await waiting()).toEqual(["m3", "m1"]);
  clock.pass(3 * DAY_MS);
  expect(await waiting()).toEqual([]);
});
