import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { queuedResult } from "../../../functions/http/reply-schemas.ts";
import { MAX_ATTEMPTS } from "../../../functions/jobs/domain/queue.ts";
import {
  startTestSystem,
  type TestSystem,
  type TestSystemOptions,
} from "../../../infra/testing/start-test-system.ts";
import { HOOLI, LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import { ALL_DONE, challengeIn, MobileBackend, statuses, stepOf } from "../../journeys/mobile-backend.ts";
import { isQueued } from "../../journeys/queued.ts";

const started: TestSystem[] = [];

/** A system, and the backend of a company that calls it. */
async function world(options: TestSystemOptions = {}) {
  const system = await startTestSystem(options);
  started.push(system);
  return callersOf(system);
}

/** A token lives for an hour, which the clock can pass: each part of a test signs in again. */
function callersOf(system: TestSystem) {
  const userId = randomUUID();
  const signedIn = () => new MobileBackend(system, userId);
  return { system, signedIn, backend: signedIn() };
}

let common: TestSystem;
/** A user of the system that most tests share. */
const shared = () => callersOf(common);

beforeAll(async () => {
  common = await startTestSystem();
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((system) => system.close()));
});
afterAll(() => common.close());

const HOUR_MS = 3_600_000;
const HOOLI_DONE = ALL_DONE.filter((step) => !step.startsWith("mfa"));

describe("A job", () => {
  test("at a plain bank ends without a call of the clock", async () => {
    const { system, backend } = shared();
    const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
    await system.settled();
    expect(statuses((await backend.job(jobId)).steps)).toEqual(HOOLI_DONE);
  });

  test("asks its user for as long as the clock stands there, and ends after the answer", async () => {
    const { system, backend } = shared();
    const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
    await system.settled();
    const askedAt = await system.clock.now();
    await system.clock.pause();
    await system.clock.advance({ minutes: 1, seconds: 50 });
    expect(challengeIn((await backend.job(jobId)).steps)).toBeDefined();
    await system.clock.resume();
    const answered = await backend.answer(jobId, ["1234"]);
    await system.settled();
    expect(answered.status).toBe(202);
    expect(statuses((await backend.job(jobId)).steps)).toEqual(ALL_DONE);
    expect((await system.clock.now()).getTime() - askedAt.getTime()).toBeLessThan(150_000);
  });

  test("whose user does not answer in two minutes ends", async () => {
    const { system, backend } = shared();
    const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
    await system.settled();
    await system.clock.advance({ minutes: 2, seconds: 10 });
    const { steps } = await backend.job(jobId);
    expect(stepOf(steps, "mfa-challenge")).toMatchObject({
      status: "failed",
      result: { code: "mfa-expired" },
    });
  });

  test("shows each state to a test that moves a paused clock", async () => {
    const { system, backend } = shared();
    await system.clock.pause();
    const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
    const seen: string[] = [];
    for (let seconds = 0; seconds < 8; seconds += 1) {
      await system.clock.advance({ seconds: 1 });
      seen.push(statuses((await backend.job(jobId)).steps).join(", "));
    }
    await system.clock.resume();
    expect([...new Set(seen)]).toEqual([
      "verify-credentials: in-progress, retrieve-accounts: pending, retrieve-transactions: pending",
      "verify-credentials: success, retrieve-accounts: in-progress, retrieve-transactions: pending",
      "verify-credentials: success, retrieve-accounts: success, retrieve-transactions: in-progress",
      HOOLI_DONE.join(", "),
    ]);
  });
});

describe("The queue", () => {
  test("makes all attempts of seven days at a bank that is down, and then fails the job", async () => {
    const { system, signedIn } = await world();
    await system.sandbox.outage(HOOLI);
    const jobId = await signedIn().startJob(HOOLI, LOGINS.gavin);
    const attempts = [];
    for (let hours = 1; hours < 7 * 24; hours += 2) {
      await system.clock.advance({ hours: hours === 1 ? 1 : 2 });
      const { result } = stepOf((await signedIn().job(jobId)).steps, "verify-credentials") ?? {};
      attempts.push(queuedResult.parse(result).attempt);
    }
    expect(attempts).toEqual(Array.from({ length: MAX_ATTEMPTS - 1 }, (_, index) => index + 1));
    await system.clock.advance({ hours: 2 });
    const { steps } = await signedIn().job(jobId);
    expect(stepOf(steps, "verify-credentials")).toMatchObject({
      status: "failed",
      result: { code: "temporary-unavailable" },
    });
  });

  test("ends when the bank is back", async () => {
    const { system, signedIn } = shared();
    await system.sandbox.outage(HOOLI);
    const jobId = await signedIn().startJob(HOOLI, LOGINS.gavin);
    await system.clock.advance({ hours: 5 });
    expect(isQueued((await signedIn().job(jobId)).steps)).toBe(true);
    await system.sandbox.restore(HOOLI);
    await system.clock.advance({ hours: 2 });
    expect(statuses((await signedIn().job(jobId)).steps)).toEqual(HOOLI_DONE);
  });

  test("that is turned off fails the job at once", async () => {
    const { system, backend } = await world({ queue: false });
    await system.sandbox.outage(HOOLI);
    const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
    await system.settled();
    expect(stepOf((await backend.job(jobId)).steps, "verify-credentials")?.status).toBe("failed");
  });
});

const message = z.object({ eventTypeId: z.string() });

/** A receiver of webhooks that is down at first. Notes the types of the messages that it took, and counts the others. */
async function receiver() {
  const took: string[] = [];
  const counts = { refused: 0, isUp: false };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (counts.isUp) took.push(message.parse(JSON.parse(Buffer.concat(chunks).toString())).eventTypeId);
    else counts.refused += 1;
    response.writeHead(counts.isUp ? 204 : 503).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return { url: `http://127.0.0.1:${port}/`, took, counts, close: () => server.close() };
}

test("A webhook's receiver that was down gets its messages when their next attempts are due", async () => {
  const { system, backend, signedIn } = shared();
  const { url, took, counts, close } = await receiver();
  await backend.call("POST", "/notifications/webhooks", { url, subscribedEvents: ["job.created"] });
  await backend.startJob(HOOLI, LOGINS.gavin);
  await system.settled();
  // The first attempt, and the one five seconds later.
  expect(counts.refused).toBe(2);
  counts.isUp = true;
  await system.clock.advance({ minutes: 4 });
  expect(took).toEqual([]);
  await system.clock.advance({ minutes: 3 });
  expect(took).toEqual(["job.created"]);
  close();
  await signedIn();
});

test("A consent that the sandbox revokes becomes an event of the API, with version 3.0", async () => {
  const { system, backend } = await world({ upstreamVersion: "3.0" });
  await backend.call("POST", "/users", { email: "gavin@example.com" }).then(({ json }) => {
    Object.assign(backend, { userId: z.object({ id: z.string() }).parse(json).id });
  });
  await system.sandbox.event(backend.userId, { type: "consent.revoked" });
  await system.clock.advance({ minutes: 2 });
  const { json } = await backend.call("GET", "/events");
  expect(json).toMatchObject({
    data: expect.arrayContaining([expect.objectContaining({ entity: "consent", eventType: "revoked" })]),
  });
});

test("A fault replaces the bank's reply as often as it says, and the ledger has every call", async () => {
  const { system, backend } = shared();
  await system.sandbox.faults([{ method: "GET", path: "/jobs/*", times: 2, do: { status: 503 } }]);
  const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
  await system.settled();
  expect(statuses((await backend.job(jobId)).steps)).toEqual(HOOLI_DONE);
  const polls = (await system.sandbox.calls()).filter(({ path }) => path.startsWith("/jobs/"));
  expect(polls.length).toBeGreaterThan(2);
});

test("Two systems have clocks, banks and jobs of their own", async () => {
  const [one, other] = [await world(), shared()];
  const before = await other.system.clock.now();
  await one.system.sandbox.outage(HOOLI);
  const jobIds = await Promise.all([
    one.backend.startJob(HOOLI, LOGINS.gavin),
    other.backend.startJob(HOOLI, LOGINS.gavin),
  ]);
  await one.system.clock.advance({ days: 1 });
  await other.system.settled();
  expect(isQueued((await one.signedIn().job(jobIds[0])).steps)).toBe(true);
  expect(statuses((await other.backend.job(jobIds[1])).steps)).toEqual(HOOLI_DONE);
  expect((await other.backend.readJob(jobIds[0])).status).toBe(404);
  expect((await other.system.clock.now()).getTime() - before.getTime()).toBeLessThan(HOUR_MS);
});

test("After its end, a system has no ports, answers no calls, and can be closed again", async () => {
  const { system } = await world();
  await system.close();
  await system.close();
  await expect(fetch(`${system.apiUrl}/health`)).rejects.toThrow("fetch failed");
  await expect(fetch(`${system.sandboxUrl}/`)).rejects.toThrow("fetch failed");
  await expect(system.clock.advance(1)).rejects.toThrow("The test system has ended.");
});

test("A system does not start with a setting that is not valid, and no span of time is negative", async () => {
  await expect(startTestSystem({ retentionDays: 0 })).rejects.toThrow(
    "Not valid for a test system: retentionDays.",
  );
  const { system } = shared();
  await expect(system.clock.advance({ hours: -1 })).rejects.toThrow(RangeError);
  await expect(system.sandbox.outage("XX")).rejects.toThrow(
    "The sandbox refused PUT /_control/institutions/XX with status 404.",
  );
});

test("What the system logs goes to its reader only", async () => {
  const lines: string[] = [];
  const { system, backend } = await world({ logLevel: "info", onLog: (line) => lines.push(line) });
  const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
  await system.settled();
  await expect.poll(() => lines.filter((line) => line.includes(jobId))).not.toEqual([]);
  expect(() => lines.map((line) => JSON.parse(line))).not.toThrow();
});
