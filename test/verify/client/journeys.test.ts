import { randomUUID } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import {
  ApiError,
  type ConnectionJobsClient,
  connectionIdOf,
  connectionJobs,
  failureOf,
  type Job,
  stateOf,
  type WatchOptions,
} from "../../../client/client.ts";
import { HOOLI, LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import { MobileBackend } from "../../journeys/mobile-backend.ts";
import { target } from "../../journeys/target.ts";

const system = target();
const lines: string[] = [];
let backend: ConnectionJobsClient;

/** Counts the requests by the user in their paths. */
const counted: typeof fetch = async (input, init) => {
  lines.push(`${init?.method} ${new URL(String(input)).pathname}`);
  return fetch(input, init);
};

beforeAll(() => {
  const { apiUrl, apiKey } = system();
  backend = connectionJobs({ url: `${apiUrl}/`, apiKey, fetch: counted });
});

async function connected(
  institutionId: string,
  login: { loginId: string; password: string },
  options: WatchOptions & { client?: ConnectionJobsClient; userId?: string } = {},
): Promise<Job[]> {
  const { client = backend, userId = randomUUID(), ...watching } = options;
  const { id } = await client.connect({ userId, institutionId, ...login });
  const seen: Job[] = [];
  for await (const job of client.watch(id, watching)) seen.push(job);
  return seen;
}

test("a user's app connects a bank that asks, with a token from the backend, in few requests", async () => {
  const userId = randomUUID();
  const token = async () => (await backend.clientToken(userId)).access_token;
  lines.length = 0;
  const app = connectionJobs({ url: system().apiUrl, token, fetch: counted });
  const jobs = await connected(PIED_PIPER, LOGINS.jared, {
    client: app,
    userId,
    progress: true,
    onChallenge: () => "1234",
  });
  expect(new Set(jobs.map(stateOf))).toEqual(new Set(["running", "asks", "succeeded"]));
  expect(connectionIdOf(jobs.at(-1) ?? { links: { self: "" } })).toMatch(/^[\w-]+$/);
  expect(lines.filter((line) => line === "POST /token")).toHaveLength(1);
  expect(lines.filter((line) => line.startsWith("POST"))).toHaveLength(3);

  const [job] = jobs;
  const listed: string[] = [];
  for await (const { id, institution } of app.jobs(userId)) listed.push(`${id} ${institution.id}`);
  expect(listed).toEqual([`${job?.id} ${PIED_PIPER}`]);
  await expect(app.events()[Symbol.asyncIterator]().next()).rejects.toMatchObject({ status: 403 });
});

test("a job with a challenge takes 5 requests, with the one for the token, unless the program wants its progress", async () => {
  lines.length = 0;
  const { apiUrl, apiKey } = system();
  const client = connectionJobs({ url: apiUrl, apiKey, fetch: counted });
  const watching = { client, onChallenge: () => "1234" };
  const jobs = await connected(PIED_PIPER, LOGINS.jared, watching);
  expect(jobs.map(stateOf)).toEqual(["asks", "succeeded"]);
  expect(lines.map((line) => line.replace(/[\da-f-]{36}/, "ID"))).toEqual([
    "POST /token",
    "POST /users/ID/connections",
    "GET /jobs/ID/changes",
    "POST /jobs/ID/mfa",
    "GET /jobs/ID/changes",
  ]);
});

test("a wrong answer ends the watch with the words of the bank", async () => {
  const jobs = await connected(PIED_PIPER, LOGINS.jared, { onChallenge: () => "0000" });
  expect(failureOf(jobs.at(-1) ?? { steps: [] })).toMatchObject({ step: "mfa-challenge", code: /./ });
});

test("a wrong login fails in the first step", async () => {
  const jobs = await connected(HOOLI, LOGINS.bighead);
  expect(failureOf(jobs.at(-1) ?? { steps: [] })).toMatchObject({
    step: "verify-credentials",
    code: "invalid-credentials",
  });
});

test("a lost reply to a connection makes no second job", async () => {
  const userId = randomUUID();
  let isLost = false;
  const losing: typeof fetch = async (input, init) => {
    const reply = await fetch(input, init);
    if (isLost || !String(input).endsWith("/connections")) return reply;
    isLost = true;
    throw new TypeError("fetch failed");
  };
  const { apiUrl, apiKey } = system();
  const client = connectionJobs({ url: apiUrl, apiKey, fetch: losing });
  await connected(HOOLI, LOGINS.gavin, { client, userId });
  expect(isLost).toBe(true);
  expect(await new MobileBackend(system(), userId).loginsSent()).toBe(1);
});

test("a job that is cancelled while it is watched fails as cancelled", async () => {
  const userId = randomUUID();
  const { id } = await backend.connect({ userId, institutionId: PIED_PIPER, ...LOGINS.jared });
  let last: Job | undefined;
  for await (const job of backend.watch(id)) {
    last = job;
    if (stateOf(job) === "asks") await backend.cancel(id);
  }
  expect(failureOf(last ?? { steps: [] })?.code).toBe("job-cancelled");
  await expect(backend.cancel(id)).rejects.toMatchObject({ status: 409 });
});

test("a connection is refreshed and updated", async () => {
  const userId = randomUUID();
  const job = (await connected(HOOLI, LOGINS.max, { userId })).at(-1);
  const connectionId = connectionIdOf(job ?? { links: { self: "" } }) ?? "";
  const states: string[] = [];
  const { id } = await backend.refresh(userId, connectionId);
  for await (const seen of backend.watch(id)) states.push(stateOf(seen));
  const updated = await backend.update(userId, connectionId, { password: LOGINS.max.password });
  for await (const seen of backend.watch(updated.id)) states.push(stateOf(seen));
  const [all] = await backend.refreshAll(userId);
  for await (const seen of backend.watch(all?.id ?? "")) states.push(stateOf(seen));
  expect(states).toEqual(["succeeded", "succeeded", "succeeded"]);
});

test("webhooks are made, changed, tested, listed and deleted", async () => {
  const { webhooks } = backend;
  const made = await webhooks.create({ url: "http://127.0.0.1:9/", payload: "full" });
  expect(made.secret).toMatch(/^whsec_/);
  expect(await webhooks.change(made.id, { url: made.url, status: "disabled" })).toMatchObject({
    status: "disabled",
  });
  await webhooks.change(made.id, { url: made.url, status: "active" });
  const rotated = await webhooks.rotateSecret(made.id, { overlapSeconds: 0 });
  expect(rotated.secret).not.toBe(made.secret);
  const [sent] = await webhooks.sendTest({ eventTypeId: "job.created", Text: "Hello" });
  const found: string[] = [];
  for await (const { id } of webhooks.messages(made.id)) found.push(id);
  expect(found).toEqual([sent?.id]);
  expect(await webhooks.message(made.id, sent?.id ?? "")).toMatchObject({ eventTypeId: "job.created" });
  await webhooks.resend(made.id, sent?.id ?? "");
  const period = { from: "2026-01-01T00:00:00Z", to: "2099-01-01T00:00:00Z" };
  expect(await webhooks.replay(made.id, period)).toMatchObject({ type: "replay" });
  await webhooks.delete(made.id);
  await expect(webhooks.get(made.id)).rejects.toMatchObject({ status: 404 });
  expect(await webhooks.list()).toEqual([]);
  expect((await backend.eventTypes()).map(({ id }) => id)).toContain("job.succeeded");
});

test("a wrong key is an error that does not repeat the key", async () => {
  const { apiUrl: url } = system();
  const error = await connectionJobs({ url, apiKey: "wrong-key" })
    .job("1")
    .catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ApiError);
  expect(String(error)).toContain("check your API key");
  expect(String(error)).not.toContain("wrong-key");
});
