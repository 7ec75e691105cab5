import { describe, expect, test } from "vitest";
import { eventsOf, type JobEvent, type OtherEvent } from "../../functions/events/domain/event.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import type { Endpoint } from "../../functions/webhooks/domain/endpoint.ts";
import { type Message, messageIdOf, type Outcome } from "../../functions/webhooks/domain/message.ts";
import { AT_ONCE, deliver } from "../../functions/webhooks/use-cases/deliver.ts";
import { fanOut } from "../../functions/webhooks/use-cases/fan-out.ts";
import {
  type SweepDeliveriesDeps,
  sweepDeliveries,
} from "../../functions/webhooks/use-cases/sweep-deliveries.ts";
import { fakeClock } from "../support/fake-clock.ts";
import {
  endpointOf,
  fakeEndpointSecrets,
  fakeEndpointStates,
  fakeEndpoints,
  fakeMessages,
  fakeWaker,
} from "../support/fake-webhooks.ts";
import { followingJob, jobOf } from "../support/job-examples.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const OK: Outcome = { kind: "reply", status: 200, response: "ok" };
const DOWN: Outcome = { kind: "none", why: "not-reached" };

/** Receivers that reply as `replies` says, and the messages that arrived at each, in order. */
async function world(...endpoints: Endpoint[]) {
  const clock = fakeClock();
  const stores = {
    endpoints: fakeEndpoints(),
    endpointStates: fakeEndpointStates(clock),
    endpointSecrets: fakeEndpointSecrets(),
    messages: fakeMessages(),
  };
  await stores.endpoints.write(endpoints, { version: 0 });
  for (const { id } of endpoints) await stores.endpointSecrets.store(id, 1, new Secret("whsec_AAAA"));
  const replies = new Map<string, (id: string) => Outcome | Promise<Outcome>>();
  const sent: { to: string; id: string; at: number }[] = [];
  const announced: OtherEvent[] = [];
  const start = clock.now().getTime();
  const deps: SweepDeliveriesDeps = {
    ...stores,
    clock,
    random: () => 0,
    newId: () => "sweep",
    bodyOf: async (_, { test: text }) => (text?.text === "erased" ? undefined : "{}"),
    announce: async (event) => {
      if (!announced.some(({ id }) => id === event.id)) announced.push(event);
    },
    metrics: { measure: () => undefined },
    onNotSwept: (error) => {
      throw error;
    },
    sender: {
      async send({ url, id }) {
        const to = new URL(url).hostname.replace(".example", "");
        sent.push({ to, id, at: clock.now().getTime() - start });
        return (await replies.get(to)?.(id)) ?? OK;
      },
    },
  };
  const waker = fakeWaker();
  return {
    ...stores,
    clock,
    deps,
    replies,
    sent,
    announced,
    waker,
    /** Makes the messages of events, and sends those that are to be sent at once. */
    async happen(...events: JobEvent[]) {
      const made = fanOut({ ...stores, clock, waker });
      for (const event of events) await made.add(event);
      await made.wake();
      await deliver(deps, waker.woken.splice(0));
    },
    async sweepAfter(ms: number) {
      clock.pass(ms);
      return sweepDeliveries(deps);
    },
    statuses: (endpointId: string) =>
      stores.messages
        .all()
        .filter((message) => message.endpointId === endpointId)
        .map(({ status }) => status),
    sentTo: (endpoint: string) => sent.filter(({ to }) => to === endpoint),
  };
}

/** The events of a job that begins, opens a connection and ends. */
function eventsOfJob(id: string): JobEvent[] {
  const versions = [
    jobOf({ id }),
    jobOf({ id, phase: "opening", attempt: 1, version: 2, eventCount: 1 }),
    followingJob({ id, version: 3, connectionId: "c1", eventCount: 2 }),
    followingJob({ id, version: 4, connectionId: "c1", phase: "succeeded", eventCount: 3 }),
  ];
  return versions.slice(1).flatMap((after, index) => eventsOf(versions[index] ?? after, after));
}

const jobId = (number: number) => `5e0c4c1e-6f0a-4c58-9a52-${String(number).padStart(12, "0")}`;
const never = (): never => {
  throw new Error("no event");
};
const firstOf = (number: number) => eventsOfJob(jobId(number)).slice(0, 1);

describe("the messages of an event", () => {
  test("go to each webhook that is subscribed, once, however often the event is stored", async () => {
    const all = endpointOf("all");
    const ends = endpointOf("ends", { subscribedEvents: ["job.succeeded", "job.failed"] });
    const off = endpointOf("off", { status: "disabled" });
    const at = await world(all, ends, off);
    const events = eventsOfJob(jobId(1));
    await at.happen(...events);
    await at.happen(...events);
    expect([at.sentTo("all"), at.sentTo("ends"), at.sentTo("off")].map(({ length }) => length)).toEqual([
      3, 1, 0,
    ]);
    expect(new Set(at.sent.map(({ id }) => id)).size).toBe(4);
  });

  test("of an erased event are deleted, and not sent", async () => {
    const at = await world(endpointOf("one"));
    await at.happen(...firstOf(1));
    const [message] = at.messages.all();
    if (message === undefined) throw new Error("no message");
    await at.messages.remove("one", message.id);
    await at.messages.add({
      ...message,
      status: "pending",
      dueAt: at.clock.after(MINUTE).toISOString(),
      test: { text: "erased" },
    });
    await deliver(at.deps, [{ endpointId: "one", id: message.id }]);
    expect([at.messages.all(), at.sent.length]).toEqual([[], 1]);
  });

  test("reach a receiver at once while another one does not reply", async () => {
    const at = await world(endpointOf("hangs"), endpointOf("well"));
    const hanging = Promise.withResolvers<Outcome>();
    at.replies.set("hangs", () => hanging.promise);
    const happening = at.happen(...firstOf(1));
    await expect.poll(() => at.statuses("well")).toEqual(["delivered"]);
    expect(at.statuses("hangs")).toEqual(["pending"]);
    hanging.resolve(OK);
    await happening;
    expect(at.statuses("hangs")).toEqual(["delivered"]);
  });

  test("are sent by the sweeper if the function died that should have sent them", async () => {
    const at = await world(endpointOf("one"));
    const made = fanOut({ ...at.deps, waker: at.waker });
    for (const event of firstOf(1)) await made.add(event);
    await at.sweepAfter(59 * SECOND);
    expect(at.sent).toEqual([]);
    expect(await at.sweepAfter(SECOND)).toEqual({ failing: 0, oldestWaiting: undefined });
    expect(at.statuses("one")).toEqual(["delivered"]);
  });
});

describe("a message that fails", () => {
  test("is tried 10 times over 75 hours, and has then failed for good", async () => {
    const at = await world(endpointOf("one"));
    at.replies.set("one", () => ({ kind: "reply", status: 503, response: "" }));
    await at.happen(...firstOf(1));
    for (let minute = 0; minute < 80 * 60; minute++) {
      await at.endpointStates.change("one", "failing", { failures: 0 });
      await at.endpointStates.change("one", undefined, { failures: 0 });
      await at.sweepAfter(MINUTE);
    }
    const at0 = [0, 5 * SECOND];
    const waits = [5 * MINUTE, 0.5 * HOUR, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];
    const times = at.sent.map((one) => one.at);
    expect(times.slice(0, 2)).toEqual(at0);
    const real = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(real.slice(1).map((wait, index) => wait - (waits[index] ?? 0))).toSatisfy((late: number[]) =>
      late.every((ms) => ms >= 0 && ms <= MINUTE),
    );
    expect([times.length, at.statuses("one")]).toEqual([10, ["failed"]]);
  });

  test("waits for as long as its receiver asks, and no longer than a day", async () => {
    const at = await world(endpointOf("one"));
    const busy = (retryAfterSeconds: number): Outcome => ({
      kind: "reply",
      status: 429,
      response: "",
      retryAfterSeconds,
    });
    at.replies.set("one", () => busy(3_600));
    await at.happen(...firstOf(1));
    expect(await at.sweepAfter(HOUR - SECOND)).toMatchObject({ oldestWaiting: expect.any(String) });
    at.replies.set("one", () => busy(1_000_000));
    await at.sweepAfter(SECOND);
    at.replies.delete("one");
    await at.sweepAfter(24 * HOUR - SECOND);
    expect(at.sent).toHaveLength(2);
    await at.sweepAfter(SECOND);
    expect(at.statuses("one")).toEqual(["delivered"]);
  });
});

describe("a receiver that fails five times in a row", () => {
  async function failing() {
    const at = await world(endpointOf("one"), endpointOf("well"));
    at.replies.set("one", () => DOWN);
    for (let job = 1; job <= 5; job++) {
      at.clock.pass(1);
      await at.happen(...firstOf(job));
    }
    return at;
  }

  test("gets nothing but one probe a minute, which uses up no tries and delays no message; every other message is held", async () => {
    const at = await failing();
    const before = at.sentTo("one").length;
    for (let job = 6; job <= 30; job++) {
      at.clock.pass(1);
      await at.happen(...firstOf(job));
    }
    expect(at.sentTo("one")).toHaveLength(before);
    const due = at.messages.all().map(({ dueAt }) => dueAt);
    for (let minute = 0; minute < 10; minute++) await at.sweepAfter(MINUTE);
    expect(at.messages.all().map(({ dueAt }) => dueAt)).toEqual(due);
    const probes = at.sentTo("one").slice(before);
    expect(probes).toHaveLength(10);
    const made = at.messages.all().filter(({ endpointId }) => endpointId === "one");
    expect(probes.map(({ id }) => id)).toEqual(made.slice(0, 10).map(({ id }) => id));
    expect(at.messages.all().filter(({ tries }) => tries > 2)).toEqual([]);
    expect(at.statuses("one")).toEqual(Array.from({ length: 30 }, () => "pending"));
    expect(at.statuses("well")).toEqual(Array.from({ length: 30 }, () => "delivered"));
  });

  test.each([DOWN, { kind: "reply", status: 410, response: "" } satisfies Outcome])(
    "gets little of what was to be sent at the same time: %j",
    async (outcome) => {
      const at = await world(endpointOf("one"));
      at.replies.set("one", () => outcome);
      await at.happen(...Array.from({ length: 100 }, (_, job) => firstOf(job)).flat());
      expect(at.sent.length).toBeLessThan(25);
      for (const { id } of at.messages.all())
        await at.messages.reopen("one", id, at.clock.now().toISOString());
      await at.endpointStates.change("one", "failing", { failures: 0 });
      const before = at.sent.length;
      await at.sweepAfter(MINUTE);
      expect(at.sent.length - before).toBeLessThan(25);
    },
  );

  test("is held up by no message that it refuses while it takes all others", async () => {
    const at = await world(endpointOf("one"));
    const [event] = firstOf(1);
    const refused = messageIdOf("one", event?.id ?? "");
    at.replies.set("one", (id) => (id === refused ? { kind: "reply", status: 400, response: "" } : OK));
    await at.happen(...firstOf(1));
    for (let minute = 0; minute < 3 * 60; minute++) await at.sweepAfter(MINUTE);
    expect((await at.endpointStates.read("one")).mode).toBe("failing");
    for (let job = 2; job <= 5; job++) await at.happen(...firstOf(job));
    await at.sweepAfter(2 * MINUTE);
    await at.sweepAfter(2 * MINUTE);
    expect(at.statuses("one")).toEqual(["pending", "delivered", "delivered", "delivered", "delivered"]);
    for (let hour = 0; hour < 100; hour++) await at.sweepAfter(HOUR);
    expect(at.statuses("one")[0]).toBe("failed");
  });

  test("is told of once, and counts as failing until it answers", async () => {
    const at = await failing();
    await at.happen(...firstOf(6));
    expect(at.announced.map(({ eventType, path }) => [eventType, path])).toEqual([
      ["failing", "/notifications/webhooks/one"],
    ]);
    expect(await at.sweepAfter(MINUTE)).toMatchObject({ failing: 1 });
    at.replies.delete("one");
    expect(await at.sweepAfter(MINUTE)).toEqual({ failing: 0, oldestWaiting: undefined });
  });

  test("gets everything that was held once it answers: oldest first, at most 10 a second", async () => {
    const at = await failing();
    for (let job = 6; job <= 40; job++) {
      at.clock.pass(1);
      await at.happen(...firstOf(job));
    }
    at.replies.delete("one");
    const before = at.sentTo("one").length;
    at.clock.pass(MINUTE);
    const begunAt = at.clock.now().getTime();
    await at.sweepAfter(0);
    const drained = at.sentTo("one").slice(before);
    const made = at.messages.all().filter(({ endpointId }) => endpointId === "one");
    expect(drained.map(({ id }) => id)).toEqual(made.map(({ id }) => id));
    const tookMs = at.clock.now().getTime() - begunAt;
    expect(tookMs).toBeGreaterThanOrEqual((drained.length - 2) * 100);
    expect(await at.endpointStates.read("one")).toEqual({ failures: 0 });
  });

  test("is failing again if it fails while it gets what was held, and loses nothing", async () => {
    const at = await failing();
    for (let job = 6; job <= 40; job++) await at.happen(...firstOf(job));
    let answers = 12;
    at.replies.set("one", () => (answers-- > 0 ? OK : DOWN));
    await at.sweepAfter(MINUTE);
    expect((await at.endpointStates.read("one")).mode).toBe("failing");
    expect(at.statuses("one").filter((status) => status === "delivered")).toHaveLength(12);
    at.replies.delete("one");
    await at.sweepAfter(2 * MINUTE);
    expect(new Set(at.statuses("one"))).toEqual(new Set(["delivered"]));
  });

  test("does not count as failing if its failures are not in a row", async () => {
    const at = await world(endpointOf("one"));
    let call = 0;
    at.replies.set("one", () => (++call % 4 === 0 ? OK : DOWN));
    for (let job = 1; job <= 12; job++) await at.happen(...firstOf(job));
    expect(at.announced).toEqual([]);
  });
});

test("A receiver that is gone is disabled, once, and gets nothing more", async () => {
  const at = await world(endpointOf("one"));
  at.replies.set("one", () => ({ kind: "reply", status: 410, response: "" }));
  await at.happen(...firstOf(1), ...firstOf(2));
  await at.happen(...firstOf(3));
  await at.sweepAfter(HOUR);
  expect(at.endpoints.all()).toMatchObject([{ status: "disabled" }]);
  expect(at.announced.map(({ eventType }) => eventType)).toEqual(["disabled"]);
  expect(at.sent.length).toBeLessThanOrEqual(2);
});

describe("a webhook that keeps the order of a job", () => {
  const inOrder = endpointOf("one", { ordering: "job" });
  const messagesOf = (at: Awaited<ReturnType<typeof world>>, job: number): Message[] =>
    at.messages.all().filter(({ path }) => path === `/jobs/${jobId(job)}`);

  test("gets a later event after the earlier one, and other jobs in between", async () => {
    const at = await world(inOrder);
    const [first, ...later] = eventsOfJob(jobId(1));
    if (first === undefined) throw new Error("no event");
    at.replies.set("one", () => ({ kind: "reply", status: 500, response: "" }));
    await at.happen(first);
    at.replies.delete("one");
    await at.happen(...later, ...eventsOfJob(jobId(2)));
    expect(messagesOf(at, 2).map(({ status }) => status)).toEqual(["delivered", "delivered", "delivered"]);
    expect(messagesOf(at, 1).map(({ status }) => status)).toEqual(["pending", "pending", "pending"]);
    await at.sweepAfter(6 * MINUTE);
    const order = at.sent.map(({ id }) => id).filter((id) => messagesOf(at, 1).some((one) => one.id === id));
    expect([...new Set(order)]).toEqual(messagesOf(at, 1).map(({ id }) => id));
    expect(order.slice(-2)).toEqual(
      messagesOf(at, 1)
        .slice(1)
        .map(({ id }) => id),
    );
  });

  test("does not get a later event that is due while the earlier one fails", async () => {
    const at = await world(inOrder);
    at.replies.set("one", () => DOWN);
    await at.happen(...eventsOfJob(jobId(1)));
    await at.sweepAfter(6 * MINUTE);
    expect(new Set(at.sent.map(({ id }) => id)).size).toBe(1);
  });

  test("goes on in order after functions died between any two events", async () => {
    const events = eventsOfJob(jobId(1));
    for (let died = 0; died < events.length; died++) {
      const at = await world(inOrder);
      for (const [index, event] of events.entries()) {
        const made = fanOut({ ...at.deps, waker: at.waker });
        await made.add(event);
        if (index !== died) await made.wake();
        await deliver(at.deps, at.waker.woken.splice(0));
      }
      for (let minute = 0; minute < 3; minute++) await at.sweepAfter(MINUTE);
      expect(at.sent.map(({ id }) => id)).toEqual(messagesOf(at, 1).map(({ id }) => id));
    }
  });
});

describe("A webhook that changes while its messages are sent", () => {
  test("is not disabled by the reply of a URL that it does not have any more", async () => {
    const at = await world(endpointOf("one"));
    at.replies.set("one", async () => {
      const list = await at.endpoints.read();
      const moved = list.endpoints.map((each) => ({ ...each, url: "https://two.example/hook" }));
      await at.endpoints.write(moved, list);
      return { kind: "reply", status: 410, response: "" };
    });
    await at.happen(...firstOf(1));
    await at.sweepAfter(HOUR);
    expect([at.endpoints.all()[0]?.status, at.announced]).toEqual(["active", []]);
    expect(at.sent.map(({ to }) => to)).toEqual(["one", "two"]);
  });

  test("gets nothing more after it was deleted", async () => {
    const at = await world(endpointOf("one"));
    at.replies.set("one", async () => {
      const list = await at.endpoints.read();
      await at.endpoints.write(
        list.endpoints.map((each) => ({ ...each, status: "deleted" as const })),
        list,
      );
      return OK;
    });
    await at.happen(...eventsOfJob(jobId(1)));
    expect(at.sent.length).toBeLessThanOrEqual(AT_ONCE);
    await at.sweepAfter(MINUTE);
    await at.sweepAfter(MINUTE);
    expect([at.messages.all(), at.endpoints.all()]).toEqual([[], []]);
  });
});

test("A message that is due is sent although 600 older ones wait for their time", async () => {
  const at = await world(endpointOf("one"));
  for (let job = 1; job <= 601; job++) {
    at.clock.pass(1);
    await fanOut({ ...at.deps, waker: at.waker }).add(firstOf(job)[0] ?? never());
  }
  const later = at.clock.after(HOUR).toISOString();
  for (const message of at.messages.all().slice(0, 600))
    await at.messages.settle({ ...message, tries: 3, dueAt: later });
  await at.sweepAfter(2 * MINUTE);
  expect(at.sent.map(({ id }) => id)).toEqual([at.messages.all()[600]?.id]);
});

test("A function that is woken too late leaves the message to the sweeper: no message is sent by both", async () => {
  const at = await world(endpointOf("one"));
  const made = fanOut({ ...at.deps, waker: at.waker });
  for (const event of firstOf(1)) await made.add(event);
  await made.wake();
  const woken = at.waker.woken.splice(0);
  at.clock.pass(45 * SECOND);
  await deliver(at.deps, woken);
  expect(at.sent).toEqual([]);
  at.clock.pass(15 * SECOND);
  await Promise.all([deliver(at.deps, woken), sweepDeliveries(at.deps)]);
  expect(at.sent).toHaveLength(1);
});

test("The messages of a deleted webhook are deleted, and then the webhook", async () => {
  const at = await world(endpointOf("one"), endpointOf("two"));
  for (let job = 1; job <= 600; job++) await at.happen(...firstOf(job));
  const list = await at.endpoints.read();
  const deleted = list.endpoints.map((each) =>
    each.id === "one" ? { ...each, status: "deleted" as const } : each,
  );
  await at.endpoints.write(deleted, list);
  await at.sweepAfter(MINUTE);
  expect([at.statuses("one").length, at.statuses("two").length]).toEqual([0, 600]);
  expect(at.endpoints.all().map(({ id }) => id)).toEqual(["two"]);
  expect(at.endpointSecrets.names()).toEqual(["two 1"]);
});

test("What its owner asks for is sent at once, also to a failing receiver, and uses up no tries", async () => {
  const at = await world(endpointOf("one"));
  at.replies.set("one", () => DOWN);
  for (let job = 1; job <= 5; job++) await at.happen(...firstOf(job));
  const [message] = at.messages.all();
  if (message === undefined) throw new Error("no message");
  at.replies.delete("one");
  await deliver(at.deps, [{ endpointId: "one", id: message.id, isResend: true }]);
  expect(at.messages.all()[0]).toMatchObject({ status: "delivered", tries: message.tries });
});

test("A message that was delivered stays delivered when its owner sends it again in vain", async () => {
  const at = await world(endpointOf("one"));
  await at.happen(...firstOf(1));
  at.replies.set("one", () => DOWN);
  const [message] = at.messages.all();
  await deliver(at.deps, [{ endpointId: "one", id: message?.id ?? "", isResend: true }]);
  expect(at.messages.all()).toMatchObject([
    { status: "delivered", dueAt: undefined, attempts: [{}, { isSuccess: false }] },
  ]);
});

test("A sweep leaves a webhook alone that another sweep is at, until that one must be over", async () => {
  const at = await world(endpointOf("one"));
  await fanOut({ ...at.deps, waker: at.waker }).add(firstOf(1)[0] ?? raise());
  await at.endpointStates.lease("one", "another sweep", at.clock.after(5 * MINUTE));
  await at.sweepAfter(4 * MINUTE);
  expect(at.sent).toEqual([]);
  await at.sweepAfter(MINUTE);
  expect(at.statuses("one")).toEqual(["delivered"]);
});

function raise(): never {
  throw new Error("There is no such event.");
}
