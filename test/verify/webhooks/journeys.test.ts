import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { Webhook } from "standardwebhooks";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../../functions/platform/clock.ts";
import { dynamoMessages } from "../../../functions/webhooks/store/messages.ts";
import { eventsUntil } from "../../journeys/event-calls.ts";
import { HOOLI, LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import { MobileBackend } from "../../journeys/mobile-backend.ts";
import { localSystem } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";
import { bodyOf, idOf, Owner } from "./owner.ts";
import { type Received, startReceiver } from "./receiver.ts";

/** A minute, in which a failing receiver gets one probe, takes 3 s. A receiver has 750 ms to reply. */
const TIME_SCALE = 20;
const system = localSystem(TIME_SCALE);

let backend: MobileBackend;
beforeEach(() => {
  backend = new MobileBackend(targetOf(system()));
});

const OF_TESTS = ["job.failed"];

/** Runs a job whose bank asks, and returns its events. */
async function jobWithChallenge(user: MobileBackend) {
  const jobId = await user.startJob(PIED_PIPER, LOGINS.jared);
  await user.untilAsked(jobId);
  await user.answer(jobId, ["1234"]);
  await user.untilOver(jobId);
  return eventsUntil(user, "succeeded");
}

async function plainJob(user: MobileBackend) {
  await user.untilOver(await user.startJob(HOOLI, LOGINS.gavin));
  return eventsUntil(user, "succeeded");
}

const newUser = () => new MobileBackend(targetOf(system()));
const ids = (requests: readonly Received[]) => requests.map(idOf);
const eventIds = (requests: readonly Received[]) => requests.map((request) => bodyOf(request).eventId);
const sorted = (texts: Iterable<string>) => [...new Set(texts)].toSorted();
const isSignedBy = ({ body, headers }: Received, secret: string) => {
  try {
    new Webhook(secret).verify(
      body,
      Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
    );
    return true;
  } catch {
    return false;
  }
};

/** A receiver that replies with a status that the test may change. */
async function receiverOf(status: number, headers: Record<string, string> = {}) {
  const reply = { status, headers };
  const accepted: Received[] = [];
  const receiver = await startReceiver((response) => {
    const request = receiver.requests.at(-1);
    if (reply.status < 300 && request !== undefined) accepted.push(request);
    response.writeHead(reply.status, reply.headers).end("noted");
  });
  return { ...receiver, reply, accepted };
}

test("a receiver gets every event of a whole job, signed, as the API shows it; another gets ids only", async () => {
  const full = await receiverOf(200);
  const thin = await receiverOf(200);
  const ofFull = await Owner.of(backend, { url: full.url, payload: "full", ordering: "job" });
  const ofThin = await Owner.of(backend, { url: thin.url });
  const events = await jobWithChallenge(backend);

  await expect.poll(() => sorted(eventIds(full.accepted))).toEqual(sorted(events.map(({ id }) => id)));
  await expect.poll(() => sorted(eventIds(thin.accepted))).toEqual(sorted(events.map(({ id }) => id)));
  const first = new Map(full.accepted.map((request) => [bodyOf(request).eventId, bodyOf(request)]));
  expect([...first.values()].map(({ event }) => event)).toEqual(events);
  for (const request of thin.accepted) {
    const { eventTypeId, eventId, ...rest } = bodyOf(request);
    const event = events.find(({ id }) => id === eventId);
    expect(eventTypeId).toBe(`job.${event?.eventType}`);
    expect(rest).toEqual({ links: { event: event?.links.self, eventEntity: event?.dataRef } });
  }
  expect(full.requests.filter((request) => !isSignedBy(request, ofFull.secret))).toEqual([]);
  expect(thin.requests.filter((request) => !isSignedBy(request, ofThin.secret))).toEqual([]);
  expect(thin.requests.filter((request) => isSignedBy(request, ofFull.secret))).toEqual([]);
});

test("a receiver that was down gets everything that was held, and another one got all meanwhile", async () => {
  const down = await receiverOf(503);
  const well = await receiverOf(200);
  const ofDown = await Owner.of(backend, { url: down.url, ordering: "job" });
  await Owner.of(backend, { url: well.url, payload: "full", ordering: "job" });
  const jobs = await Promise.all(Array.from({ length: 4 }, () => plainJob(newUser())));
  const events = jobs.flat();

  await expect
    .poll(() => sorted(eventIds(well.accepted)))
    .toEqual(expect.arrayContaining(events.map(({ id }) => id)));
  for (const job of jobs) {
    const mine = eventIds(well.accepted).filter((id) => job.some((event) => event.id === id));
    expect([...new Set(mine)]).toEqual(job.map(({ id }) => id));
  }
  await expect.poll(() => ofDown.status()).toBe("failing");
  await expect
    .poll(() => well.accepted.map((request) => bodyOf(request).eventTypeId))
    .toContain("webhook.failing");
  expect(down.accepted).toEqual([]);
  const held = await ofDown.messages("status.eq('held')");
  expect(sorted(held.map(({ eventId }) => eventId))).toEqual(
    expect.arrayContaining(sorted(events.map(({ id }) => id))),
  );

  down.reply.status = 204;
  await expect.poll(() => ofDown.status()).toBe("active");
  await expect
    .poll(async () => (await ofDown.messages()).filter(({ status }) => status !== "delivered"))
    .toEqual([]);
  expect(sorted(ids(down.accepted))).toEqual(sorted((await ofDown.messages()).map(({ id }) => id)));
  for (const job of jobs) {
    const mine = eventIds(down.accepted).filter((id) => job.some((event) => event.id === id));
    expect([...new Set(mine)]).toEqual(job.map(({ id }) => id));
  }
});

test("a receiver that is gone is disabled, another one is told so, and nothing more is sent", async () => {
  const gone = await receiverOf(410);
  const well = await receiverOf(200);
  const ofGone = await Owner.of(backend, { url: gone.url });
  await Owner.of(backend, { url: well.url });
  await plainJob(newUser());
  await expect.poll(() => ofGone.status()).toBe("disabled");
  await expect
    .poll(() => well.accepted.map((request) => bodyOf(request).eventTypeId))
    .toContain("webhook.disabled");
  const before = gone.requests.length;
  const events = await plainJob(newUser());
  await expect
    .poll(() => eventIds(well.accepted))
    .toEqual(expect.arrayContaining(events.map(({ id }) => id)));
  expect(gone.requests).toHaveLength(before);
});

test("a message is sent again no sooner than its receiver asks", async () => {
  const times: number[] = [];
  const receiver = await startReceiver((response) => {
    times.push(Date.now());
    response.writeHead(times.length === 1 ? 429 : 200, { "retry-after": "60" }).end();
  });
  const owner = await Owner.of(backend, { url: receiver.url, subscribedEvents: OF_TESTS });
  const id = await owner.test("job.failed");
  await expect.poll(async () => (await owner.message(id)).status).toBe("delivered");
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(60_000 / TIME_SCALE);
});

test("a redirect is a failure, and its target gets nothing", async () => {
  const target = await receiverOf(200);
  const redirecting = await receiverOf(307, { location: target.url });
  const owner = await Owner.of(backend, { url: redirecting.url, subscribedEvents: OF_TESTS });
  const id = await owner.test("job.failed");
  await expect
    .poll(async () => (await owner.message(id)).attempts)
    .toContainEqual(
      expect.objectContaining({ responseStatusCode: 307, status: "Failed", response: "noted" }),
    );
  expect(target.connections()).toBe(0);
});

test("messages that were delivered, held or failed are sent again when their owner asks", async () => {
  const since = new Date();
  const receiver = await receiverOf(200);
  const owner = await Owner.of(backend, { url: receiver.url, subscribedEvents: OF_TESTS });
  const times = (id: string) => ids(receiver.accepted).filter((each) => each === id).length;
  const statusOf = async (id: string) => (await owner.message(id)).status;

  const first = await owner.test("job.failed", "first");
  await expect.poll(() => times(first)).toBe(1);
  expect(receiver.accepted.map((request) => bodyOf(request).Text)).toEqual(["first"]);
  await expect.poll(() => statusOf(first)).toBe("delivered");
  await owner.resend(first);
  await expect.poll(() => times(first)).toBe(2);

  receiver.reply.status = 500;
  const failed = await owner.test("job.failed", "failed");
  await expect.poll(async () => (await owner.message(failed)).attempts.length).toBeGreaterThan(1);
  await endAsFailed(owner.id, failed);
  expect(await statusOf(failed)).toBe("failed");
  receiver.reply.status = 200;
  expect(await owner.replay("failed", since)).toBe(1);
  await expect.poll(() => times(failed)).toBe(1);
  await expect.poll(() => statusOf(failed)).toBe("delivered");

  expect(await owner.replay("all", since)).toBe(2);
  await expect.poll(() => [times(first), times(failed)]).toEqual([3, 2]);

  receiver.reply.status = 500;
  const held = [
    await owner.test("job.failed"),
    await owner.test("job.failed"),
    await owner.test("job.failed"),
  ];
  await expect.poll(() => owner.status()).toBe("failing");
  expect(await owner.replay("held", since)).toBe(3);
  expect(await statusOf(held[0] ?? "")).toBe("held");
  receiver.reply.status = 200;
  await expect.poll(() => held.map(times)).toEqual([1, 1, 1]);
});

/** Three days later: the tenth attempt was in vain. */
async function endAsFailed(endpointId: string, id: string): Promise<void> {
  const client = new DynamoDBClient({});
  onTestFinished(() => client.destroy());
  const messages = dynamoMessages(client, process.env["EVENTS_TABLE"] ?? "", systemClock(TIME_SCALE));
  const message = await messages.find(endpointId, id);
  if (message === undefined) throw new Error("There is no such message.");
  await messages.settle({ ...message, tries: 10, status: "failed", dueAt: undefined });
}

test("a secret is replaced without a gap: both sign for a while, then the new one alone", async () => {
  const receiver = await receiverOf(200);
  const owner = await Owner.of(backend, { url: receiver.url, subscribedEvents: OF_TESTS });
  const old = owner.secret;
  const signers = async () => {
    const id = await owner.test("job.failed");
    await expect.poll(() => ids(receiver.accepted)).toContain(id);
    const request = receiver.accepted.find((each) => idOf(each) === id);
    if (request === undefined) throw new Error("The message did not arrive.");
    return [old, owner.secret].map((secret) => isSignedBy(request, secret));
  };
  expect(await signers()).toEqual([true, true]);
  /** 15 s, in which at least one message is sent. */
  await owner.rotate(15 * TIME_SCALE);
  expect(owner.secret).not.toBe(old);
  expect(await signers()).toEqual([true, true]);
  await expect.poll(signers, { interval: 1_000 }).toEqual([false, true]);
  await owner.rotate(0);
  expect(await signers()).toEqual([false, true]);
});

test("the erasure of a user deletes the messages about the user, and no others", async () => {
  const receiver = await receiverOf(200);
  const owner = await Owner.of(backend, { url: receiver.url });
  const [erased, other] = [newUser(), newUser()];
  const ofErased = (await plainJob(erased)).map(({ id }) => id);
  const ofOther = (await plainJob(other)).map(({ id }) => id);
  await expect
    .poll(() => eventIds(receiver.accepted))
    .toEqual(expect.arrayContaining([...ofErased, ...ofOther]));
  expect((await backend.call("DELETE", `/users/${erased.userId}`)).status).toBe(204);
  const left = async () => (await owner.messages()).map(({ eventId }) => eventId);
  await expect.poll(async () => (await left()).filter((id) => ofErased.includes(id))).toEqual([]);
  expect(await left()).toEqual(expect.arrayContaining(ofOther));
});
