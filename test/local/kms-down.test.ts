import { expect, test } from "vitest";
import { update } from "../journeys/calls.ts";
import { HOOLI, LOGINS, PIED_PIPER } from "../journeys/logins.ts";
import { ALL_DONE, type HttpReply, type MobileBackend, statuses } from "../journeys/mobile-backend.ts";
import { newConnection, post } from "../journeys/posting.ts";
import type { AwsCall } from "../support/aws-recorder.ts";
import { brokenSystem } from "./broken-system.ts";
import { rowsButCounts, secretsOf } from "./tables.ts";

const system = brokenSystem(40);

/** What KMS is asked to seal or to open of a user, for a purpose. */
const asked = (operation: string, userId: string, purpose: RegExp) => (call: AwsCall) => {
  const context = Object(call.request["EncryptionContext"]);
  return call.operation === operation && context.userId === userId && purpose.test(context.purpose);
};
const down = (...call: Parameters<typeof asked>) =>
  system.recorder.failAll(asked(...call), "KMSInternalException", 500);

const unavailable = ({ status, headers }: HttpReply) => [status, Number(headers.get("retry-after")) > 0];

/** Asks while nothing can be sealed, and then again. */
async function expectNothingKept(
  backend: MobileBackend,
  purpose: RegExp,
  request: () => Promise<HttpReply>,
): Promise<HttpReply> {
  const before = await rowsButCounts();
  const back = down("Encrypt", backend.userId, purpose);
  expect(unavailable(await request())).toEqual([503, true]);
  expect(await rowsButCounts()).toEqual(before);
  back();
  const reply = await request();
  expect(reply.status).toBe(202);
  return reply;
}
const jobOf = ({ json }: HttpReply) => String(Reflect.get(Object(json), "id"));

async function expectDone(backend: MobileBackend, reply: HttpReply): Promise<void> {
  system.release(jobOf(reply));
  expect(await system.over(backend, jobOf(reply))).toEqual([]);
}

test("a new connection's login that cannot be sealed is a 503, and leaves nothing", async () => {
  const backend = system.newBackend();
  await expectDone(
    backend,
    await expectNothingKept(backend, /^login$/, () => backend.connect(HOOLI, LOGINS.gavin)),
  );
  expect(await backend.loginsSent()).toBe(1);
});

/** A connection of a user whose jobs do not wait. */
async function connection(backend: MobileBackend): Promise<string> {
  const jobId = await system.start(backend, HOOLI, LOGINS.gavin);
  expect(await system.over(backend, jobId)).toEqual([]);
  return String((await backend.job(jobId)).links.source?.split("/").at(-1));
}

test("so is another login for a connection", async () => {
  const backend = system.newBackend();
  const id = await connection(backend);
  await expectDone(
    backend,
    await expectNothingKept(backend, /^login$/, () => update(backend, id, LOGINS.ash)),
  );
});

test("so is an answer", async () => {
  const backend = system.newBackend();
  const jobId = await system.start(backend, PIED_PIPER, LOGINS.jared);
  await backend.untilAsked(jobId);
  await expectNothingKept(backend, /^answer-1$/, () => backend.answer(jobId, ["1234"]));
  expect(await system.over(backend, jobId)).toEqual([]);
  expect(await backend.answersSent()).toBe(1);
});

const keyedCreate = (backend: MobileBackend) => post(backend, newConnection(backend), "key");

test("so is a request with a key whose fingerprint cannot be sealed", async () => {
  const backend = system.newBackend();
  const before = await rowsButCounts();
  const back = down("Encrypt", backend.userId, /^idempotency$/);
  expect((await keyedCreate(backend)).status).toBe(503);
  expect(await rowsButCounts()).toEqual(before);
  back();
  const reply = await keyedCreate(backend);
  expect(reply.status).toBe(202);
  system.release(String(JSON.parse(reply.text).id));
});

test("of one whose login alone cannot be sealed its key is left, without a secret, and the same request ends it", async () => {
  const backend = system.newBackend();
  const before = (await rowsButCounts()).length;
  const back = down("Encrypt", backend.userId, /^login$/);
  expect((await keyedCreate(backend)).status).toBe(503);
  const mine = (await rowsButCounts()).filter((each) => JSON.stringify(each).includes(backend.userId));
  expect(await rowsButCounts()).toHaveLength(before + 1);
  expect(mine).toMatchObject([{ pk: { S: expect.stringMatching(/^idempotency#/) } }]);
  expect(await secretsOf(backend.userId)).toEqual([]);
  back();
  const reply = await keyedCreate(backend);
  expect(reply.status).toBe(202);
  const jobId = String(JSON.parse(reply.text).id);
  system.release(jobId);
  expect(await system.over(backend, jobId)).toEqual([]);
  expect(await backend.loginsSent()).toBe(1);
});

test.concurrent.each<[string, boolean, string[], number]>([
  ["is back before the tries are over, and sent once", true, [], 1],
  ["stays away, and never sent: the job ends", false, ["service-unavailable"], 0],
])("a login is not opened while KMS %s", async (_, isBack, codes, sent) => {
  const backend = system.newBackend();
  const back = down("Decrypt", backend.userId, /^login$/);
  const jobId = await system.start(backend, HOOLI, LOGINS.gavin);
  const tries = () => system.recorder.calls.filter(asked("Decrypt", backend.userId, /^login$/)).length;
  await expect.poll(tries, { timeout: 10_000 }).toBeGreaterThanOrEqual(3);
  expect(await secretsOf(jobId)).toHaveLength(1);
  if (isBack) back();
  expect((await system.over(backend, jobId)).map(({ result }) => Object(result).code)).toEqual(codes);
  expect(await backend.loginsSent()).toBe(sent);
  expect(await secretsOf(jobId)).toEqual([]);
  if (!isBack) back();
});

test.concurrent.each<[string, boolean, string[], number]>([
  ["is back before the tries are over, and sent once", true, [], 1],
  ["stays away, and never sent: the job ends", false, ["internal-server-error"], 0],
])("an answer is not opened while KMS %s", async (_, isBack, codes, sent) => {
  const backend = system.newBackend();
  const back = down("Decrypt", backend.userId, /^answer-1$/);
  const jobId = await system.start(backend, PIED_PIPER, LOGINS.jared);
  await backend.untilAsked(jobId);
  expect((await backend.answer(jobId, ["1234"])).status).toBe(202);
  const tries = () => system.recorder.calls.filter(asked("Decrypt", backend.userId, /^answer-1$/)).length;
  await expect.poll(tries, { timeout: 10_000 }).toBeGreaterThanOrEqual(3);
  if (isBack) back();
  expect((await system.over(backend, jobId)).map(({ result }) => Object(result).code)).toEqual(codes);
  expect(await backend.answersSent()).toBe(sent);
  expect(await secretsOf(jobId)).toEqual([]);
  if (!isBack) back();
});

test.concurrent("an answer whose job cannot be woken is a 503, and the same answer again wakes it", async () => {
  const backend = system.newBackend();
  const jobId = await system.start(backend, PIED_PIPER, LOGINS.jared);
  await backend.untilAsked(jobId);
  const back = down("Decrypt", backend.userId, /^task-token$/);
  expect(unavailable(await backend.answer(jobId, ["1234"]))).toEqual([503, true]);
  back();
  expect((await backend.answer(jobId, ["1234"])).status).toBe(202);
  expect(statuses((await backend.untilOver(jobId)).steps)).toEqual(ALL_DONE);
  expect(await backend.answersSent()).toBe(1);
});
