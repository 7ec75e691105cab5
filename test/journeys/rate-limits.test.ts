import { randomUUID } from "node:crypto";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { describe, expect, test } from "vitest";
import { rowsButCounts, rowsOfAll } from "../local/tables.ts";
import { cancel, connectionPath, list, refresh, refreshAll, resume, update } from "./calls.ts";
import { HOOLI, LOGINS, PIED_PIPER } from "./logins.ts";
import { countMore, expectLimited, inOneWindow, statusesOf, withAnotherKey } from "./many-requests.ts";
import { MobileBackend } from "./mobile-backend.ts";
import { newConnection, post, refusal } from "./posting.ts";
import { localSystem } from "./start-for-tests.ts";
import { targetOf } from "./target.ts";

/** A window takes 5 minutes, as it does for everybody. */
const system = localSystem(1);
const newBackend = () => new MobileBackend(targetOf(system()));

const TOKENS = 1_500;
const POSTS = 600;
/** So many of them come over HTTP; the others are counted as if they had. */
const REAL = 100;

const rows = async () => (await rowsOfAll()).map((row) => unmarshall(Object(row)));
const countOf = async (beginning: string) =>
  (await rows()).filter(({ pk }) => String(pk).startsWith(beginning)).map(({ requests }) => requests);
const othersIn = async () =>
  (await rowsButCounts())
    .map((row) => unmarshall(Object(row)))
    .map(({ pk, jobId, purpose }) => String(pk ?? `${jobId} ${purpose}`));

describe("POST /token", () => {
  test("takes 1,500 requests of a key in a window, and another key is not touched", async () => {
    const { backend, statuses, over } = await inOneWindow(async () => {
      const { backend, keyId } = await withAnotherKey(targetOf(system()));
      const trade = () => backend.trade({ scope: "SERVER_ACCESS" });
      await trade();
      expect(await countMore(backend.target, `token#${keyId}`, TOKENS - REAL - 1)).toBe(1);
      return { backend, statuses: await statusesOf(REAL, trade), over: await trade() };
    });
    expect(statuses).toEqual({ 200: REAL });
    expect(expectLimited(over)).toBeLessThanOrEqual(300);
    // What is wrong is said first, as ever.
    expect((await backend.trade({ scope: "CLIENT_ACCESS" })).status).toBe(400);
    expect((await backend.trade({}, { authorization: "Basic another-key" })).status).toBe(404);
    expect((await newBackend().trade({ scope: "SERVER_ACCESS" })).status).toBe(200);
  });

  test("counts nothing of a key that nobody has, and nothing that is refused for what it is", async () => {
    const { backend } = await withAnotherKey(targetOf(system()));
    const before = await rows();
    await backend.trade({ scope: "SERVER_ACCESS" }, { authorization: `Basic ${randomUUID()}` });
    await backend.trade({ scope: "CLIENT_ACCESS" });
    await backend.trade({ scope: "SERVER_ACCESS" }, { "basiq-version": "1.0" });
    expect(await rows()).toEqual(before);
  });
});

describe("the POST routes of a user", () => {
  test("take 600 requests in a window, and after it nothing is done but for others", async () => {
    const { backend, jobId, statuses } = await inOneWindow(async () => {
      const backend = newBackend();
      const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
      // Until then it takes a claim on its connection, which is nothing that a refused request did.
      await backend.untilAsked(jobId);
      expect(await countMore(backend.target, `user#${backend.userId}`, POSTS - REAL - 1)).toBe(1);
      // Not queued: each is refused, and counts.
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
      expect(expectLimited(limited)).toBeLessThanOrEqual(300);
    }
    expect(await calls()).toEqual(callsBefore);
    // Some may be fewer: the job goes on.
    expect(rowsBefore).toEqual(expect.arrayContaining(await othersIn()));

    // Its own user may still look and cancel; another one is not touched, nor is what has something wrong with it.
    expect((await backend.readJob(jobId)).status).toBe(200);
    expect((await list(backend)).status).toBe(200);
    expect((await cancel(backend, jobId)).status).toBe(202);
    expect((await newBackend().connect(HOOLI, LOGINS.gavin)).status).toBe(202);
    const wrong = await backend.call("POST", `/users/${backend.userId}/connections`, { loginId: 1 });
    expect(refusal(wrong)).toEqual([400, "parameter-not-valid", ["loginId"]]);
  });

  test("count a request once more each time it comes with its Idempotency-Key, and refuse it at last", async () => {
    const { backend, over } = await inOneWindow(async () => {
      const backend = newBackend();
      const [key, token] = [randomUUID(), await backend.token()];
      const send = () => post(backend, newConnection(backend), key, token);
      expect([(await send()).status, (await send()).status]).toEqual([202, 202]);
      expect(await countMore(backend.target, `user#${backend.userId}`, POSTS - 3)).toBe(2);
      expect((await send()).status).toBe(202);
      return { backend, over: await send() };
    });
    expect(over.status).toBe(429);
    expect(await backend.loginsSent()).toBe(1);
  });

  test("count nothing of who may not, and of what has something wrong with it", async () => {
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

  test("count what a client posts to jobs that are not its own, or none, for itself and nobody else", async () => {
    await inOneWindow(async () => {
      const [backend, other] = [newBackend(), newBackend()];
      const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
      const token = await other.token({ scope: "CLIENT_ACCESS", userId: other.userId });
      const init = { headers: { authorization: `Bearer ${token}` }, body: '{"mfa-response":["1234"]}' };
      for (const path of [`/jobs/${jobId}/mfa`, `/jobs/${jobId}/resume`, `/jobs/${randomUUID()}/resume`])
        expect((await other.send("POST", path, init)).status).toBe(404);
      expect(await countMore(other.target, `user#${other.userId}`, POSTS - 3)).toBe(3);
      expect((await other.send("POST", `/jobs/${randomUUID()}/mfa`, init)).status).toBe(429);
      expect(await countMore(backend.target, `user#${backend.userId}`, 0)).toBe(1);
      return true;
    });
  });
});
