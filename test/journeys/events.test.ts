import { beforeAll, expect, test } from "vitest";
import { eventReply, eventTypeListReply, eventTypeReply } from "../../functions/http/reply-schemas.ts";
import { eventsIn, eventsUntil, listEvents, ofUser } from "./event-calls.ts";
import { HOOLI, LOGINS, PIED_PIPER } from "./logins.ts";
import { MobileBackend } from "./mobile-backend.ts";
import { refusal } from "./posting.ts";
import { target } from "./target.ts";

const reached = target();

let backend: MobileBackend;
let jobId: string;
let events: Awaited<ReturnType<typeof eventsUntil>>;

/** A job whose bank asks, and that succeeds. */
beforeAll(async () => {
  backend = new MobileBackend(reached());
  jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
  await backend.untilAsked(jobId);
  await backend.answer(jobId, ["1234"]);
  await backend.untilOver(jobId);
  events = await eventsUntil(backend, "succeeded");
});

test("a job's events come in order, from its beginning to its end, without a gap", () => {
  const types = events.map(({ eventType }) => eventType);
  expect(types[0]).toBe("created");
  expect(types.at(-1)).toBe("succeeded");
  expect(types.filter((type) => type === "mfa-required")).toHaveLength(1);
  expect(events.map(({ data }) => data.sequence)).toEqual(types.map((_, index) => index + 1));
  expect(new Set(events.map(({ userId }) => userId))).toEqual(new Set([backend.userId]));
});

test("an event shows the job as GET /jobs/{id} showed it then, and is found by its own link", async () => {
  const last = events.at(-1);
  expect(last?.data.job).toEqual(await backend.job(jobId));
  expect(last?.dataRef).toBe(`${reached().apiUrl}/jobs/${jobId}`);
  const asked = events.find(({ eventType }) => eventType === "mfa-required");
  expect(JSON.stringify(asked?.data.job)).toContain(`"response":"${reached().apiUrl}/jobs/${jobId}/mfa"`);
  const { pathname } = new URL(last?.links.self ?? "");
  expect(eventReply.parse((await backend.call("GET", pathname)).json)).toEqual(last);
});

test("pages that follow each other by `after` have every event once", async () => {
  const seen: string[] = [];
  let path: string | undefined = `/events?${new URLSearchParams({ filter: ofUser(backend), limit: "2" })}`;
  while (path !== undefined) {
    const { data, links } = eventsIn(await backend.call("GET", path));
    expect(data.length).toBeLessThanOrEqual(2);
    seen.push(...data.map(({ id }) => id));
    path = links.next?.slice(reached().apiUrl.length);
  }
  expect(seen).toEqual(events.map(({ id }) => id));
});

test("a filter by type, by entity or by both leaves the events that match", async () => {
  const idsFor = async (filter: string) =>
    eventsIn(await listEvents(backend, { filter })).data.map(({ id }) => id);
  const all = events.map(({ id }) => id);
  const updated = events.filter(({ eventType }) => eventType === "updated").map(({ id }) => id);
  expect(await idsFor(`${ofUser(backend)},event.entity.eq('job')`)).toEqual(all);
  expect(await idsFor(`${ofUser(backend)}, event.type.eq('updated')`)).toEqual(updated);
  const both = `event.entity.eq('job'),event.type.eq('updated'),${ofUser(backend).toUpperCase()}`;
  expect(await idsFor(both.replace("USER.ID.EQ", "user.id.eq"))).toEqual(updated);
  expect(await idsFor("event.type.eq('updated')")).toEqual(expect.arrayContaining(updated));
  expect(await idsFor("user.id.eq('nobody')")).toEqual([]);
});

const UNKNOWN_ID = "0".repeat(64);

test.each([
  ["an unknown field", { filter: "job.id.eq('x')" }, "filter"],
  ["another operator", { filter: "user.id.gt('x')" }, "filter"],
  ["a user that cannot be one", { filter: "user.id.eq('a b')" }, "filter"],
  ["an unknown entity", { filter: "event.entity.eq('bank')" }, "filter"],
  ["an unknown type", { filter: "event.type.eq('exploded')" }, "filter"],
  ["a field twice", { filter: "user.id.eq('a'),user.id.eq('b')" }, "filter"],
  ["no condition", { filter: "," }, "filter"],
  ["a limit of 0", { limit: "0" }, "limit"],
  ["a limit above 500", { limit: "501" }, "limit"],
  ["an id that cannot be one", { after: "1" }, "after"],
  ["an unknown id", { after: UNKNOWN_ID }, "after"],
])("a list with %s is refused, and the refusal names the parameter", async (_, query, parameter) => {
  expect(refusal(await listEvents(backend, query))).toEqual([400, "parameter-not-valid", [parameter]]);
});

test("the types of events are listed with their meanings, and each is found by its id", async () => {
  const { data, size } = eventTypeListReply.parse((await backend.call("GET", "/events/types")).json);
  expect(size).toBe(29);
  for (const id of ["job.mfa-required", "consent.revoked", "webhook.failing"]) {
    expect(new Set(data.map((type) => type.id))).toContain(id);
  }
  for (const type of data) {
    const one = await backend.call("GET", `/events/types/${type.id}`);
    expect(eventTypeReply.parse(one.json)).toEqual(type);
  }
  expect(refusal(await backend.call("GET", "/events/types/job.exploded"))[0]).toBe(404);
  expect(refusal(await backend.call("GET", `/events/${UNKNOWN_ID}`))[0]).toBe(404);
});

test("a job that fails and a job that is cancelled say so", async () => {
  const wrong = new MobileBackend(reached());
  const failing = await wrong.startJob(HOOLI, { loginId: "nobody", password: "wrong" });
  await wrong.untilOver(failing);
  expect((await eventsUntil(wrong, "failed")).at(-1)?.eventType).toBe("failed");
  const undecided = new MobileBackend(reached());
  const cancelled = await undecided.startJob(PIED_PIPER, LOGINS.jared);
  await undecided.untilAsked(cancelled);
  await undecided.call("DELETE", `/jobs/${cancelled}`);
  expect((await eventsUntil(undecided, "cancelled")).at(-1)?.eventType).toBe("cancelled");
});
