import { randomUUID } from "node:crypto";
import { UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { describe, expect, test } from "vitest";
import { dynamoApiKeyRegister } from "../../../functions/access/api-key-register.ts";
import { errorReply } from "../../../functions/http/reply-schemas.ts";
import { Secret } from "../../../functions/jobs/domain/secret.ts";
import { inBatches } from "../../../functions/jobs/use-cases/in-batches.ts";
import { findTable } from "../../../infra/cli/keys/find-table.ts";
import { cancel, connectionPath, list, refresh, refreshAll, resume, update } from "../../journeys/calls.ts";
import { HOOLI, LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import { type HttpReply, MobileBackend } from "../../journeys/mobile-backend.ts";
import { newConnection, post, refusal } from "../../journeys/posting.ts";
import { localSystem } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";
import { rowsButCounts, rowsOfAll } from "../support/tables.ts";

/** A window takes 5 minutes, as in a deployment. */
const system = localSystem(1);
const newBackend = () => new MobileBackend(targetOf(system()));

const FIVE_MINUTES = 300_000;
const TOKENS = 1_500;
const POSTS = 600;
/** So many requests come over HTTP. The test adds the others to the stored count. */
const REAL = 100;
const AT_ONCE = 25;
const MAX_TRIES = 3;

/** Sends so many requests, and returns how many got each status. */
async function statusesOf(times: number, send: () => Promise<HttpReply>) {
  const replies = await inBatches(Array.from({ length: times }), AT_ONCE, send);
  const counts: { [status: string]: number } = {};
  for (const { status } of replies) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** Adds requests to the count of this window, and returns the count before. */
async function countMore(rate: string, more: number): Promise<number> {
  const { client, tableName } = await findTable({ local: system().apiUrl });
  const { Attributes } = await client.send(
    new UpdateItemCommand({
      TableName: tableName,
      Key: { pk: { S: `rate#${rate}#${currentWindow()}` } },
      UpdateExpression: "ADD requests :more",
      ConditionExpression: "attribute_exists(pk)",
      ExpressionAttributeValues: { ":more": { N: String(more) } },
      ReturnValues: "UPDATED_OLD",
    }),
  );
  client.destroy();
  return Number(Attributes?.["requests"]?.N);
}

function currentWindow(): number {
  return Math.floor(Date.now() / FIVE_MINUTES);
}

/** Does everything in one window. Starts again, with new users, if the window ended meanwhile. */
async function inOneWindow<Made>(make: () => Promise<Made>): Promise<Made> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const before = currentWindow();
    const made = await make().catch((error: unknown) => {
      if (currentWindow() === before) throw error;
      return undefined;
    });
    if (made !== undefined && currentWindow() === before) return made;
  }
  throw new Error("A window ended in each of several tries.");
}

/** The backend of another company, with an API key of its own. */
async function withAnotherKey(): Promise<{ backend: MobileBackend; keyId: string }> {
  const target = targetOf(system());
  const apiKey = `key-${randomUUID()}`;
  const { client, tableName } = await findTable({ local: target.apiUrl });
  const { id } = await dynamoApiKeyRegister(client, tableName).add(new Secret(apiKey), "another", new Date());
  client.destroy();
  return { backend: new MobileBackend({ ...target, apiKey }), keyId: id };
}

function expectLimited(reply: HttpReply): void {
  expect(refusal(reply)).toEqual([429, "too-many-requests", [undefined]]);
  const [error] = errorReply.parse(reply.json).data;
  expect(error).toEqual({
    type: "error",
    code: "too-many-requests",
    title: "Too many requests",
    detail: "The limit of requests in 5 minutes is reached: try again later.",
  });
  expect(reply.headers.get("retry-after")).toMatch(/^[1-9]\d{0,2}$/);
  expect(Number(reply.headers.get("retry-after"))).toBeLessThanOrEqual(300);
}

const rows = async () => (await rowsOfAll()).map((row) => unmarshall(Object(row)));
const countOf = async (beginning: string) =>
  (await rows()).filter(({ pk }) => String(pk).startsWith(beginning)).map(({ requests }) => requests);
const othersIn = async () =>
  (await rowsButCounts())
    .map((row) => unmarshall(Object(row)))
    .map(({ pk, jobId, purpose }) => String(pk ?? `${jobId} ${purpose}`));

describe("POST /token", () => {
  test("accepts 1,500 requests of a key in a window, and other keys have their own limit", async () => {
    const { backend, statuses, over } = await inOneWindow(async () => {
      const { backend, keyId } = await withAnotherKey();
      const trade = () => backend.trade({ scope: "SERVER_ACCESS" });
      await trade();
      expect(await countMore(`token#${keyId}`, TOKENS - REAL - 1)).toBe(1);
      return { backend, statuses: await statusesOf(REAL, trade), over: await trade() };
    });
    expect(statuses).toEqual({ 200: REAL });
    expectLimited(over);
    // An invalid request is still refused for its own error.
    expect((await backend.trade({ scope: "CLIENT_ACCESS" })).status).toBe(400);
    expect((await backend.trade({}, { authorization: "Basic another-key" })).status).toBe(404);
    expect((await newBackend().trade({ scope: "SERVER_ACCESS" })).status).toBe(200);
  });

  test("does not count requests with an unknown key, or refused for another reason", async () => {
    const { backend } = await withAnotherKey();
    const before = await rows();
    await backend.trade({ scope: "SERVER_ACCESS" }, { authorization: `Basic ${randomUUID()}` });
    await backend.trade({ scope: "CLIENT_ACCESS" });
    await backend.trade({ scope: "SERVER_ACCESS" }, { "basiq-version": "1.0" });
    expect(await rows()).toEqual(before);
  });
});

describe("the POST routes of a user", () => {
  test("accept 600 requests in a window, and do nothing for the requests after those", async () => {
    const { backend, jobId, statuses } = await inOneWindow(async () => {
      const backend = newBackend();
      const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
      // The job claims its connection before this, which must not look like the work of a refused request.
      await backend.untilAsked(jobId);
      expect(await countMore(`user#${backend.userId}`, POSTS - REAL - 1)).toBe(1);
      // The job is not queued, so each is refused, and counts.
      return { backend, jobId, statuses: await statusesOf(REAL, () => resume(backend, jobId)) };
    });
    expect(statuses).toEqual({ 409: REAL });

    const calls = async () =>
      (await backend.upstreamCalls()).filter((call) => !call.startsWith("GET /jobs/"));
    const [callsBefore, rowsBefore] = [await calls(), await othersIn()];
    const keyed = await post(backend, newConnection(backend), randomUUID());
    expect(keyed.status).toBe(429);
    for (const limited of [
      await backend.connect(HOOLI, LOGINS.gavin),
      await update(backend, "c-1", LOGINS.gavin),
      await refresh(backend, "c-1"),
      await refreshAll(backend),
      await backend.answer(jobId, ["1234"]),
      await resume(backend, jobId),
    ]) {
      expectLimited(limited);
    }
    expect(await calls()).toEqual(callsBefore);
    // There may be fewer rows, because the job goes on.
    expect(rowsBefore).toEqual(expect.arrayContaining(await othersIn()));

    // The user may still read and cancel. Other users, and invalid requests, are not limited.
    expect((await backend.readJob(jobId)).status).toBe(200);
    expect((await list(backend)).status).toBe(200);
    expect((await cancel(backend, jobId)).status).toBe(202);
    expect((await newBackend().connect(HOOLI, LOGINS.gavin)).status).toBe(202);
    const wrong = await backend.call("POST", `/users/${backend.userId}/connections`, { loginId: 1 });
    expect(refusal(wrong)).toEqual([400, "parameter-not-valid", ["loginId"]]);
  });

  test("count each repetition of a request with an Idempotency-Key, and refuse it at the limit", async () => {
    const { backend, over } = await inOneWindow(async () => {
      const backend = newBackend();
      const [key, token] = [randomUUID(), await backend.token()];
      const send = () => post(backend, newConnection(backend), key, token);
      expect([(await send()).status, (await send()).status]).toEqual([202, 202]);
      expect(await countMore(`user#${backend.userId}`, POSTS - 3)).toBe(2);
      expect((await send()).status).toBe(202);
      return { backend, over: await send() };
    });
    expect(over.status).toBe(429);
    expect(await backend.loginsSent()).toBe(1);
  });

  test("do not count requests without permission, and invalid requests", async () => {
    const [backend, other] = [newBackend(), newBackend()];
    const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
    const before = await countOf("rate#user#");
    const token = await other.token({ scope: "CLIENT_ACCESS", userId: other.userId });
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const body = JSON.stringify({ "mfa-response": ["1234"] });
    const foreign = [
      ["POST", `/users/${backend.userId}/connections`, 401],
      ["POST", connectionPath(other, "a b"), 404],
    ] as const;
    for (const [method, path, status] of foreign)
      expect((await backend.send(method, path, { headers, body })).status).toBe(status);
    expect((await post(other, newConnection(other), "k".repeat(256))).status).toBe(400);
    expect((await backend.answer(jobId, "1234")).status).toBe(400);
    expect(await countOf("rate#user#")).toEqual(before);
  });

  test("count the requests of a client about unknown jobs for the client, not for the owner of the job", async () => {
    await inOneWindow(async () => {
      const [backend, other] = [newBackend(), newBackend()];
      const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
      const token = await other.token({ scope: "CLIENT_ACCESS", userId: other.userId });
      const init = { headers: { authorization: `Bearer ${token}` }, body: '{"mfa-response":["1234"]}' };
      for (const path of [`/jobs/${jobId}/mfa`, `/jobs/${jobId}/resume`, `/jobs/${randomUUID()}/resume`])
        expect((await other.send("POST", path, init)).status).toBe(404);
      expect(await countMore(`user#${other.userId}`, POSTS - 3)).toBe(3);
      expect((await other.send("POST", `/jobs/${randomUUID()}/mfa`, init)).status).toBe(429);
      expect(await countMore(`user#${backend.userId}`, 0)).toBe(1);
      return true;
    });
  });
});
