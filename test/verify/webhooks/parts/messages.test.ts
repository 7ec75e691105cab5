import { expect, test } from "vitest";
import { webhookMessageReply } from "../../../../functions/http/reply-schemas.ts";
import { renderMessage } from "../../../../functions/webhooks/api/replies.ts";
import { parseMessageList } from "../../../../functions/webhooks/api/requests.ts";
import type { Endpoint } from "../../../../functions/webhooks/domain/endpoint.ts";
import type { Message } from "../../../../functions/webhooks/domain/message.ts";
import { listMessages } from "../../../../functions/webhooks/use-cases/read-messages.ts";
import { MAX_REPLAYED, replay, resend } from "../../../../functions/webhooks/use-cases/send-again.ts";
import { sendTest } from "../../../../functions/webhooks/use-cases/send-test.ts";
import { fakeClock, START } from "../../../support/fake-clock.ts";
import {
  fakeEndpointStates,
  fakeEndpoints,
  fakeMessages,
  fakeWaker,
} from "../../../support/fake-webhooks.ts";
import { seededIds } from "../../../support/seeded-ids.ts";

const [ID = "", OTHER_ID = "", ...IDS] = seededIds(12, 700);

const endpointOf = (changes: Partial<Endpoint> = {}): Endpoint => ({
  id: ID,
  url: "https://receiver.example/",
  payload: "thin",
  ordering: "none",
  status: "active",
  createdAt: START,
  secrets: [{ number: 1 }],
  ...changes,
});

/** The message of a second after the start. */
const messageAt = (second: number, changes: Partial<Message> = {}): Message => ({
  id: IDS[second] ?? "",
  endpointId: ID,
  eventId: `event-${second}`,
  typeId: "job.created",
  path: "/jobs/1",
  sequence: 0,
  createdAt: new Date(Date.parse(START) + second * 1000).toISOString(),
  status: "pending",
  dueAt: START,
  tries: 3,
  attempts: [],
  ...changes,
});

async function world(...endpoints: Endpoint[]) {
  const clock = fakeClock();
  const ids = seededIds(13, 10);
  const deps = {
    newId: () => ids.shift() ?? "",
    clock,
    endpoints: fakeEndpoints(),
    states: fakeEndpointStates(clock),
    messages: fakeMessages(),
    waker: fakeWaker(),
  };
  await deps.endpoints.write(endpoints, { version: 0 });
  const period = { from: START, to: messageAt(600).createdAt, only: "failed", after: undefined } as const;
  const pendingIds = async () =>
    deps.messages.all().flatMap(({ id, tries, status }) => (status === "pending" && tries === 0 ? [id] : []));
  return { deps, period, pendingIds };
}

test("a test message goes to every active endpoint of its type, and no other, and is woken", async () => {
  const types = { subscribedEvents: ["job.created"] };
  const { deps } = await world(
    endpointOf(types),
    endpointOf({ id: OTHER_ID, url: "https://other.example/" }),
    endpointOf({ id: IDS[0] ?? "", status: "disabled" }),
    endpointOf({ id: IDS[1] ?? "", status: "deleted" }),
    endpointOf({ id: IDS[2] ?? "", subscribedEvents: ["job.failed"] }),
  );
  const sent = await sendTest(deps, { typeId: "job.created", text: "hello" });
  expect(sent.map(({ endpoint }) => endpoint.id)).toEqual([ID, OTHER_ID]);
  expect(new Set(sent.map(({ message }) => message.eventId)).size).toBe(1);
  expect(deps.messages.all()).toEqual(sent.map(({ message }) => message));
  expect(deps.waker.woken).toEqual(
    sent.map(({ message }) => ({ endpointId: message.endpointId, id: message.id })),
  );
});

test("a resend wakes a message whatever its status is, and changes nothing of it", async () => {
  const { deps } = await world(endpointOf());
  for (const [second, status] of (["delivered", "failed", "pending"] as const).entries()) {
    const message = messageAt(second, { status });
    await deps.messages.add(message);
    await resend(deps, ID, message.id);
    expect(deps.waker.woken.at(-1)).toEqual({ endpointId: ID, id: message.id, isResend: true });
    expect(await deps.messages.find(ID, message.id)).toEqual(message);
  }
});

test("a replay makes the messages of its kind and its period pending again, with all tries ahead", async () => {
  const all = [
    messageAt(0, { status: "failed" }),
    messageAt(1, { status: "failed" }),
    messageAt(2),
    messageAt(3, { status: "delivered" }),
    messageAt(4, { status: "failed" }),
  ];
  const idsOf = (...seconds: number[]) => seconds.map((second) => IDS[second]);
  for (const [only, expected] of [
    ["failed", idsOf(1)],
    ["held", idsOf(2)],
    ["all", idsOf(1, 2, 3)],
  ] as const) {
    const { deps, pendingIds } = await world(endpointOf());
    for (const message of all) await deps.messages.add(message);
    const [from, to] = [messageAt(1).createdAt, messageAt(4).createdAt];
    const replayed = await replay(deps, ID, { from, to, only, after: undefined });
    expect(replayed).toEqual({ count: expected.length, next: undefined });
    expect(await pendingIds()).toEqual(expected);
  }
});

test("a replay takes the oldest messages up to its limit, and goes on after them", async () => {
  const { deps, period, pendingIds } = await world(endpointOf());
  for (let second = MAX_REPLAYED + 1; second >= 0; second--) {
    await deps.messages.add(messageAt(second, { status: "delivered" }));
  }
  const first = await replay(deps, ID, { ...period, only: "all" });
  expect(first).toEqual({ count: MAX_REPLAYED, next: IDS[MAX_REPLAYED - 1] });
  expect((await pendingIds()).toSorted()).toEqual(IDS.slice(0, MAX_REPLAYED).toSorted());
  const rest = await replay(deps, ID, { ...period, only: "all", after: first.next });
  expect(rest).toEqual({ count: 2, next: undefined });
});

test("a filter leaves the messages that meet all its conditions, and those of a failing endpoint are held", async () => {
  const { deps } = await world(endpointOf());
  const [old, young] = [messageAt(0), messageAt(60)];
  await deps.messages.add(old);
  await deps.messages.add(young);
  await deps.messages.add(messageAt(30, { status: "delivered", typeId: "job.failed" }));
  await deps.states.change(ID, undefined, { failures: 5, mode: "failing" });
  const idsFor = async (filter: string) => {
    const asked = parseMessageList((name) => (name === "filter" ? filter : undefined));
    return (await listMessages(deps, ID, asked)).messages.map(({ id }) => id);
  };
  expect(await idsFor("status.eq('held')")).toEqual([young.id, old.id]);
  expect(await idsFor("status.eq('pending')")).toEqual([]);
  expect(await idsFor("eventTypeId.eq('job.failed')")).toEqual([IDS[30]]);
  expect(await idsFor(`status.eq('held'),date.gt('${START}')`)).toEqual([young.id]);
  expect(await idsFor("date.gteq('2026-01-05T09:00:00Z'), date.lt('2026-01-05T09:00:30Z')")).toEqual([
    old.id,
  ]);
  expect(await idsFor(`eventId.eq('event-60'),webhookId.eq('${ID.toUpperCase()}')`)).toEqual([young.id]);
});

test("a message shows its attempts as published, and the next one only while it is pending", () => {
  const attempt = {
    number: 1,
    at: START,
    url: "https://receiver.example/",
    response: "no",
    isSuccess: false,
  };
  const message = messageAt(1, {
    attempts: [attempt, { ...attempt, number: 2, responseStatus: 204, isSuccess: true }],
  });
  const receiver = { endpoint: endpointOf(), state: { failures: 0 } };
  const shown = renderMessage({ ...receiver, message }, "https://api.example");
  expect(webhookMessageReply.parse(shown)).toMatchObject({
    status: "pending",
    createdDate: "2026-01-05T09:00:01Z",
    nextAttempt: "2026-01-05T09:00:00Z",
    payload: {
      eventId: "event-1",
      links: { event: "https://api.example/events/event-1", eventEntity: "https://api.example/jobs/1" },
    },
    attempts: [
      { id: "1", status: "Failed", timestamp: "2026-01-05T09:00:00Z" },
      { id: "2", status: "Success", responseStatusCode: 204 },
    ],
  });
  const held = { endpoint: endpointOf({ status: "disabled" }), state: { failures: 0 }, message };
  expect(renderMessage(held, "https://api.example")).not.toHaveProperty("nextAttempt");
});
