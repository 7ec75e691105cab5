import { expect, test } from "vitest";
import { basiqEvents } from "../../../../functions/aggregators/basiq/events.ts";
import type { Event } from "../../../../functions/events/domain/event.ts";
import { UpstreamRefused, UpstreamUnavailable } from "../../../../functions/jobs/domain/errors.ts";
import type { ListedJob } from "../../../../functions/jobs/domain/upstream-job.ts";
import {
  eventFrom,
  type StoredUpstreamMessage,
  type UpstreamEvent,
  type UpstreamMessage,
} from "../../../../functions/webhooks/domain/upstream-message.ts";
import { fetchUpstreamEvents } from "../../../../functions/webhooks/use-cases/fetch-upstream-events.ts";
import { START } from "../../../support/fake-clock.ts";
import { fakePorts } from "../../../support/fake-ports.ts";
import { followingJob, jobOf, lookOf, PLAIN, USER_ID } from "../../../support/job-examples.ts";
import { queuedUpstream } from "../../../support/scripted-aggregator.ts";

const revoked: UpstreamEvent = {
  id: "e1",
  entity: "consent",
  eventType: "revoked",
  userId: USER_ID,
  path: `/users/${USER_ID}/consents/c-1`,
};

/** What the aggregator has: events, consents and connections. */
function world(upstream: {
  events?: UpstreamEvent[];
  activeConsents?: string[];
  connections?: string[];
  queuedJobs?: string[];
  listed?: ListedJob[];
}) {
  const ports = fakePorts();
  const stored = new Map<string, Event>();
  const finished: string[] = [];
  const postponed: string[] = [];
  const erased = new Set<string>();
  const failures: unknown[] = [];
  const down = new Set<string>();
  const messages: StoredUpstreamMessage[] = [];
  const deps = {
    ...ports,
    messages: {
      add: async () => true,
      waiting: async () => messages.filter(({ id }) => !finished.includes(id)),
      postpone: async ({ id }: UpstreamMessage) => void postponed.push(id),
      finish: async ({ id }: UpstreamMessage) => void finished.push(id),
    },
    upstreamEvents: {
      find: async (id: string) => {
        if (down.has(id)) throw new UpstreamUnavailable();
        return upstream.events?.find((event) => event.id === id);
      },
      consentsOf: async () => (upstream.activeConsents ?? []).map((id) => ({ id, isActive: true })),
    },
    upstream: {
      connection: async (_: string, id: string) =>
        upstream.connections?.includes(id) ? { id, institutionId: "AU00000" } : undefined,
      job: async (id: string) => (upstream.queuedJobs?.includes(id) ? queuedUpstream() : lookOf(PLAIN)),
      jobsOf: async () => upstream.listed ?? [],
    },
    events: {
      add: async (event: Event) => void stored.set(event.id, event),
      isErased: async (userId: string) => erased.has(userId),
    },
    onFailure: (error: unknown) => void failures.push(error),
  };
  for (const [id, connectionId] of [
    ["5e0c4c1e-6f0a-4c58-9a52-0c2f3a6f1b11", "gone"],
    ["5e0c4c1e-6f0a-4c58-9a52-0c2f3a6f1b12", "left"],
    ["5e0c4c1e-6f0a-4c58-9a52-0c2f3a6f1b13", undefined],
  ] as const) {
    ports.jobs.put(followingJob({ id, connectionId }));
  }
  const ended = () =>
    [...ports.jobs.rows.values()].filter(({ phase }) => phase === "failed").map((job) => job.connectionId);
  return { deps, stored, finished, postponed, erased, failures, down, messages, ended };
}

const about = (eventId: string, id = `m-${eventId}`) => ({ id, eventId, since: START });

test("a consent that has ended ends the jobs of connections that the aggregator does not have any more, and no others", async () => {
  const { deps, messages, ended, stored, finished } = world({ events: [revoked], connections: ["left"] });
  messages.push(about("e1"));
  await fetchUpstreamEvents(deps);
  expect(ended()).toEqual(["gone"]);
  expect([...stored.values()]).toEqual([eventFrom(revoked)]);
  expect(finished).toEqual(["m-e1"]);
});

test("a consent that the aggregator still shows as active ends nothing, whatever an event says", async () => {
  const { deps, messages, ended } = world({ events: [revoked], activeConsents: ["C-1"], connections: [] });
  messages.push(about("e1"));
  await fetchUpstreamEvents(deps);
  expect(ended()).toEqual([]);
});

test("an event that the aggregator does not have, and one of a type that it does not publish, store and end nothing", async () => {
  const archived = { ...revoked, id: "e2", eventType: "archived" };
  const { deps, messages, ended, stored, finished, postponed } = world({ events: [archived] });
  messages.push(about("e1"), about("e2"));
  await fetchUpstreamEvents(deps);
  expect([ended(), stored.size, finished, postponed]).toEqual([[], 0, ["m-e2"], ["m-e1"]]);
  deps.clock.pass(5 * 60_000);
  await fetchUpstreamEvents(deps);
  expect([ended(), stored.size, finished]).toEqual([[], 0, ["m-e2", "m-e1"]]);
});

test("nothing is stored or ended for a user who was erased", async () => {
  const { deps, messages, ended, stored, erased, finished } = world({ events: [revoked] });
  erased.add(USER_ID);
  messages.push(about("e1"));
  await fetchUpstreamEvents(deps);
  expect([ended(), stored.size, finished]).toEqual([[], 0, ["m-e1"]]);
});

test("an event that cannot be fetched waits for the next sweep and stops no other, and a repeat makes the same event", async () => {
  const updated = { ...revoked, id: "e2", eventType: "updated" };
  const { deps, messages, stored, finished, postponed, failures, down } = world({
    events: [revoked, updated],
  });
  messages.push(about("e1"), about("e2"), about("e2", "m-again"));
  down.add("e1");
  await fetchUpstreamEvents(deps);
  expect([finished, postponed, failures.length]).toEqual([["m-e2", "m-again"], ["m-e1"], 1]);
  expect(stored.size).toBe(1);
  down.clear();
  await fetchUpstreamEvents(deps);
  expect([finished.at(-1), stored.size]).toEqual(["m-e1", 2]);
});

test.each([
  ["a connection", `/users/${USER_ID}/connections/C1`, `/users/${USER_ID}/connections/C1`],
  ["a list", `/users/${USER_ID.toUpperCase()}/transactions`, `/users/${USER_ID}/transactions`],
  ["what our API does not have", `/users/${USER_ID}/consents/c-1`, `/users/${USER_ID}`],
  ["what is another user's", "/users/another/connections/c1", `/users/${USER_ID}`],
  ["a path with dots", `/users/${USER_ID}/accounts/../../x`, `/users/${USER_ID}`],
  ["nothing", "", `/users/${USER_ID}`],
])("an event about %s names a path of our API", (_, path, ours) => {
  expect(eventFrom({ ...revoked, path })?.path).toBe(ours);
});

const reply = {
  type: "event",
  id: "5a47",
  entity: "connection",
  eventType: "deleted",
  userId: "84E33255",
  dataRef: "https://au-api.basiq.io/users/84E33255/connections/8bd4?x=1",
  data: { status: "active" },
};

/** A transport that has these replies and refuses everything else with 404. */
function transportWith(replies: { [path: string]: unknown }) {
  return {
    async get<Result>(path: string, read: (json: unknown, status: number) => Result): Promise<Result> {
      if (path in replies) return read(replies[path], 200);
      throw new UpstreamRefused(404, { code: "resource-not-found", title: "", detail: "" });
    },
    post: () => Promise.reject(new Error("Nothing is posted.")),
  };
}

test("an event is read by its own id only, with the user in lower case and the path without host and query", async () => {
  const events = basiqEvents(transportWith({ "/events/5a47": reply, "/events/other": reply }));
  expect(await events.find("5a47")).toEqual({
    id: "5a47",
    entity: "connection",
    eventType: "deleted",
    userId: "84e33255",
    path: "/users/84E33255/connections/8bd4",
  });
  await expect(events.find("other")).rejects.toThrow();
  expect(await events.find("unknown")).toBeUndefined();
});

test("consents are read with whether they are active; a list that is not readable is no empty list", async () => {
  const list = {
    data: [
      { id: "c-1", status: "active" },
      { id: "c-2", status: "revoked" },
    ],
  };
  const events = basiqEvents(
    transportWith({ "/users/u1/consents": list, "/users/u2/consents": { data: [{}] } }),
  );
  expect(await events.consentsOf("u1")).toEqual([
    { id: "c-1", isActive: true },
    { id: "c-2", isActive: false },
  ]);
  await expect(events.consentsOf("u2")).rejects.toThrow();
  expect(await events.consentsOf("u3")).toEqual([]);
});

const created = {
  ...revoked,
  entity: "connection",
  eventType: "created",
  path: `/users/${USER_ID}/connections/c1`,
};
const listed = { id: "up-1", created: START, institutionId: "AU00000" };

test.each(["created", "activated"])(
  "a connection that was %s adopts the jobs that nobody has brought back, once",
  async (eventType) => {
    const { deps, messages, finished } = world({ events: [{ ...created, eventType }], listed: [listed] });
    messages.push(about("e1"), about("e1", "m-again"));
    const before = deps.jobs.rows.size;
    await fetchUpstreamEvents(deps);
    expect(finished).toEqual(["m-e1", "m-again"]);
    const adopted = [...deps.jobs.rows.values()].slice(before);
    expect(adopted).toMatchObject([{ kind: "adopt", upstreamJobId: "up-1", userId: USER_ID }]);
    expect([...deps.executions.states.keys()]).toEqual([`${adopted[0]?.id}-1`]);
  },
);

test("a new connection whose job may be one that is just being opened is looked at again", async () => {
  const { deps, messages, finished, postponed, failures } = world({ events: [created], listed: [listed] });
  const opening = deps.jobs.put(jobOf({ id: "5e0c4c1e-6f0a-4c58-9a52-0c2f3a6f1b31", phase: "opening" }));
  messages.push(about("e1"));
  await fetchUpstreamEvents(deps);
  expect([finished, postponed, failures]).toEqual([[], ["m-e1"], []]);
  deps.jobs.put({ ...opening, phase: "following", upstreamJobId: "up-1" });
  await fetchUpstreamEvents(deps);
  expect(finished).toEqual(["m-e1"]);
  expect([...deps.jobs.rows.values()].filter(({ kind }) => kind === "adopt")).toEqual([]);
});

test.each([
  ["a connection that was deleted", { eventType: "deleted" }],
  ["a transaction", { entity: "transactions", eventType: "updated" }],
])("%s adopts nothing", async (_, changes) => {
  const { deps, messages } = world({ events: [{ ...created, ...changes }], listed: [listed] });
  messages.push(about("e1"));
  await fetchUpstreamEvents(deps);
  expect([...deps.jobs.rows.values()].filter(({ kind }) => kind === "adopt")).toEqual([]);
});

test("an event about a connection goes on with the jobs that the aggregator has held, and with no others", async () => {
  const { deps, messages } = world({ events: [created], queuedJobs: ["still"] });
  const queue = { nextAttemptAt: "2026-01-05T11:00:00.000Z", expiresAt: "2026-01-12T09:00:00.000Z" };
  const put = (id: string, more: object) =>
    deps.jobs.put(jobOf({ id, phase: "queued", version: 3, attempt: 1, queue, ...more }));
  const held = { ...queue, isUpstreams: true } as const;
  put("5e0c4c1e-6f0a-4c58-9a52-0c2f3a6f1b21", { queue: held, upstreamJobId: "over" });
  put("5e0c4c1e-6f0a-4c58-9a52-0c2f3a6f1b22", { queue: held, upstreamJobId: "still" });
  put("5e0c4c1e-6f0a-4c58-9a52-0c2f3a6f1b23", {});
  messages.push(about("e1"));
  await fetchUpstreamEvents(deps);
  const phaseOf = (end: string) => deps.jobs.row(`5e0c4c1e-6f0a-4c58-9a52-0c2f3a6f1b${end}`).phase;
  expect([phaseOf("21"), phaseOf("22"), phaseOf("23")]).toEqual(["accepted", "queued", "queued"]);
  expect([...deps.executions.states.keys()]).toHaveLength(1);
});
