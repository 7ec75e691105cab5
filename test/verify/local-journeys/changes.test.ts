import { expect, test } from "vitest";
import { jobReply } from "../../../functions/http/reply-schemas.ts";
import { list } from "../../journeys/calls.ts";
import { HOOLI, HOOLI_GOV, LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import {
  ALL_DONE,
  challengeIn,
  type HttpReply,
  isOver,
  MobileBackend,
  statuses,
} from "../../journeys/mobile-backend.ts";
import { refusal } from "../../journeys/posting.ts";
import { untilQueued } from "../../journeys/queued.ts";
import { localSystem } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";

/** A wait of 25 s takes 2.5 s. */
const system = localSystem(10);

async function newClient() {
  const backend = new MobileBackend(targetOf(system()));
  const authorization = `Bearer ${await backend.token()}`;
  const get = (path: string, etag?: string) =>
    backend.send("GET", path, {
      headers: { authorization, ...(etag !== undefined && { "if-none-match": etag }) },
    });
  /** Asks again after each wait that ends without a change: on a slow machine, a change may take longer. */
  const changed = async (path: string, etag?: string): Promise<HttpReply> => {
    const reply = await get(path, etag);
    return reply.status === 304 ? changed(path, etag) : reply;
  };
  return { backend, get, changed };
}

const etagOf = ({ headers }: HttpReply) => headers.get("etag") ?? "";
const stepsOf = ({ json }: HttpReply) => jobReply.parse(json).steps;

test("a client that waits for changes sees every state of a job once, in order, and the end at once", async () => {
  const { backend, get } = await newClient();
  const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
  const seen: string[] = [];
  let etag: string | undefined;
  for (let over = false; !over; ) {
    const reply = await get(`/jobs/${jobId}/changes`, etag);
    etag = etagOf(reply);
    if (reply.status === 304) continue;
    const steps = stepsOf(reply);
    seen.push(JSON.stringify(reply.json));
    if (challengeIn(steps) !== undefined) etag = etagOf(await backend.answer(jobId, ["1234"]));
    over = isOver(steps);
  }
  expect(new Set(seen).size).toBe(seen.length);
  expect(await get(`/jobs/${jobId}`, etag)).toMatchObject({ status: 304, json: undefined });
  expect(statuses((await backend.job(jobId)).steps)).toEqual(ALL_DONE);
});

test("a client that waits while the job is running sees the challenge and the end, and no progress in between", async () => {
  const { backend, get } = await newClient();
  const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
  /** A reply with progress comes only when its time is up. */
  const running = async (etag: string): Promise<HttpReply> => {
    const askedAt = Date.now();
    const reply = await get(`/jobs/${jobId}/changes?wait=25&while=running`, etag);
    const isTurn = reply.status === 200 && (challengeIn(stepsOf(reply)) ?? isOver(stepsOf(reply)));
    if (isTurn !== false) return reply;
    expect(Date.now() - askedAt).toBeGreaterThan(2_400);
    return running(etagOf(reply));
  };
  const asked = await running(etagOf(await get(`/jobs/${jobId}`)));
  expect(challengeIn(stepsOf(asked))).toBeDefined();
  const over = await running(etagOf(await backend.answer(jobId, ["1234"])));
  expect(statuses(stepsOf(over))).toEqual(ALL_DONE);
});

test("a wait without a change ends with 304 when its time is up, and the wait goes on in the next request", async () => {
  const { backend, get, changed } = await newClient();
  await backend.institution(HOOLI_GOV, { status: "major-outage", outage: "refuse" });
  const jobId = await backend.startJob(HOOLI_GOV, LOGINS.gavin);
  await untilQueued(backend, jobId);
  const queued = await get(`/jobs/${jobId}/changes?while=running`);
  const waited = await get(`/jobs/${jobId}/changes?wait=1`, etagOf(queued));
  expect([waited.status, waited.json, etagOf(waited)]).toEqual([304, undefined, etagOf(queued)]);
  expect(["retry-after", "content-type", "content-length"].map((name) => waited.headers.get(name))).toEqual([
    null,
    null,
    null,
  ]);
  const waiting = changed(`/jobs/${jobId}/changes?wait=25`, etagOf(queued));
  expect((await backend.call("DELETE", `/jobs/${jobId}`)).status).toBe(202);
  expect(isOver(stepsOf(await waiting))).toBe(true);
  await backend.institution(HOOLI_GOV, { status: "operational" });
});

test("a wait for a job that is over ends at once, and asks the client to pause", async () => {
  const { backend, get } = await newClient();
  const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
  await backend.untilOver(jobId);
  const etag = etagOf(await get(`/jobs/${jobId}/changes`));
  const reply = await get(`/jobs/${jobId}/changes?wait=25`, etag);
  expect([reply.status, reply.headers.get("retry-after")]).toEqual([304, "2"]);
});

test("a list has an ETag, and is sent again only after a change", async () => {
  const { backend, get } = await newClient();
  const path = `/users/${backend.userId}/jobs`;
  const empty = etagOf(await list(backend));
  expect((await get(path, empty)).status).toBe(304);
  await backend.startJob(HOOLI, LOGINS.gavin);
  await expect.poll(async () => (await get(path, empty)).status).toBe(200);
});

test.each(["wait=26", "wait=-1", "wait=1.5", "wait=x", "while=asks"])(
  "the query %s is not valid",
  async (query) => {
    const { backend, get } = await newClient();
    const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
    const [parameter] = query.split("=");
    expect(refusal(await get(`/jobs/${jobId}/changes?${query}`))).toEqual([
      400,
      "parameter-not-valid",
      [parameter],
    ]);
  },
);
