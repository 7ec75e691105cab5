import { expect, test } from "vitest";
import { allBegun, begun, cancel, connected, list, page, refresh, succeeded } from "../../journeys/calls.ts";
import { eventsUntil } from "../../journeys/event-calls.ts";
import { HOOLI, LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import { ALL_DONE, MobileBackend, statuses, stepOf } from "../../journeys/mobile-backend.ts";
import { target } from "../../journeys/target.ts";
import { adoptAll, Elsewhere } from "./elsewhere.ts";

const system = target();

/** A user of ours, and a program that connects the user's banks without us. */
function start() {
  const backend = new MobileBackend(system());
  const adopt = (...jobIds: unknown[]) => adoptAll(backend, jobIds);
  return { backend, elsewhere: new Elsewhere(backend), adopt };
}

test("a job that began elsewhere is adopted, and followed to its end", async () => {
  const { backend, elsewhere, adopt } = start();
  const upstreamJobId = await elsewhere.connect(HOOLI, LOGINS.gavin);
  const [jobId = ""] = allBegun(await adopt(upstreamJobId));
  expect(jobId).not.toBe(upstreamJobId);
  const { links, steps } = await succeeded(backend, jobId);
  expect(statuses(steps)).toEqual(ALL_DONE.filter((step) => !step.startsWith("mfa")));
  expect(links.source).toContain(`/users/${backend.userId}/connections/`);
  expect(await backend.loginsSent(), "the login was not sent by us").toBe(1);
  expect(page(await list(backend)).data.map(({ id }) => id)).toEqual([jobId]);
});

test("its challenge is shown, and can be answered", async () => {
  const { backend, elsewhere, adopt } = start();
  const [jobId = ""] = allBegun(await adopt(await elsewhere.connect(PIED_PIPER, LOGINS.jared)));
  expect((await backend.untilAsked(jobId)).input).toEqual(["OTP Password"]);
  expect((await backend.answer(jobId, ["1234"])).status).toBe(202);
  expect(statuses((await succeeded(backend, jobId)).steps)).toEqual(ALL_DONE);
});

test("it makes events, from its creation on", async () => {
  const { backend, elsewhere, adopt } = start();
  const [jobId = ""] = allBegun(await adopt(await elsewhere.connect(HOOLI, LOGINS.gavin)));
  await succeeded(backend, jobId);
  const events = await eventsUntil(backend, "succeeded");
  expect(events.map(({ data }) => data.sequence)).toEqual(events.map((_, index) => index + 1));
  expect(events[0]).toMatchObject({ entity: "job", eventType: "created", data: { job: { id: jobId } } });
});

test("adopting again, also at the same time, gives the same job", async () => {
  const { backend, elsewhere, adopt } = start();
  const upstreamJobId = await elsewhere.connect(HOOLI, LOGINS.gavin);
  const replies = await Promise.all([adopt(upstreamJobId), adopt(upstreamJobId), adopt(upstreamJobId)]);
  const again = await adopt(upstreamJobId.toUpperCase(), upstreamJobId);
  const ids = [...replies, again].flatMap(allBegun);
  expect(ids).toHaveLength(5);
  expect(new Set(ids).size).toBe(1);
  await succeeded(backend, ids[0] ?? "");
  expect(page(await list(backend)).size).toBe(1);
});

test("a job of ours keeps its id", async () => {
  const { backend, elsewhere, adopt } = start();
  const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
  await succeeded(backend, jobId);
  expect(allBegun(await adopt(...(await elsewhere.jobs())))).toEqual([jobId]);
});

test("an adopted job can be cancelled, and a refresh of its connection gets the adopted job while it runs", async () => {
  const { backend, elsewhere, adopt } = start();
  const connectionId = await connected(backend, PIED_PIPER, LOGINS.jared, ["1234"]);
  const [jobId = ""] = allBegun(await adopt(await elsewhere.refresh(connectionId)));
  await backend.untilAsked(jobId);
  const again = await refresh(backend, connectionId);
  expect(again.status).toBe(200);
  expect(again.json).toMatchObject({ id: jobId });
  expect((await cancel(backend, jobId)).status).toBe(202);
  expect(stepOf((await backend.job(jobId)).steps, "mfa-challenge")?.result).toMatchObject({
    code: "job-cancelled",
  });
  expect(begun(await refresh(backend, connectionId))).not.toBe(jobId);
});

test("none is adopted if one is unknown or of another user", async () => {
  const { backend, elsewhere, adopt } = start();
  const theirs = await start().elsewhere.connect(HOOLI, LOGINS.gavin);
  const mine = await elsewhere.connect(HOOLI, LOGINS.gavin);
  for (const id of [theirs, "none", "../none", "", "a".repeat(1000)]) {
    const { status, json } = await adopt(mine, id);
    expect(status).toBe(404);
    expect(json).toMatchObject({
      data: [{ code: "resource-not-found", detail: "Requested job does not exist." }],
    });
  }
  expect(page(await list(backend)).size).toBe(0);
});

test.each<[string, object | undefined, string]>([
  ["no list", { jobIds: "1" }, "parameter-not-valid"],
  ["an empty list", { jobIds: [] }, "parameter-not-valid"],
  ["a number", { jobIds: [1] }, "parameter-not-valid"],
  ["21 ids", { jobIds: Array.from({ length: 21 }, String) }, "parameter-not-valid"],
  ["nothing", {}, "parameter-not-supplied"],
])("a request with %s is refused", async (_, body, code) => {
  const { backend } = start();
  const { status, json } = await backend.call("POST", `/users/${backend.userId}/jobs`, body);
  expect(status).toBe(400);
  expect(json).toMatchObject({ data: [{ code, source: { pointer: "job/jobIds", parameter: "jobIds" } }] });
});

test("a client may not adopt", async () => {
  const { backend, elsewhere } = start();
  const upstreamJobId = await elsewhere.connect(HOOLI, LOGINS.gavin);
  const token = await backend.token({ scope: "CLIENT_ACCESS", userId: backend.userId });
  const client = new MobileBackend(system(), backend.userId, token);
  const reply = await client.call("POST", `/users/${backend.userId}/jobs`, { jobIds: [upstreamJobId] });
  expect(reply.status).toBe(403);
  expect(page(await list(backend)).size).toBe(0);
});
