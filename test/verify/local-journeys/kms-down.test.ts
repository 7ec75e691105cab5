import { describe, expect, test } from "vitest";
import { update } from "../../journeys/calls.ts";
import { HOOLI, LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import { ALL_DONE, type HttpReply, type MobileBackend, statuses } from "../../journeys/mobile-backend.ts";
import { newConnection, post } from "../../journeys/posting.ts";
import type { AwsCall } from "../support/aws-recorder.ts";
import { rowsButCounts, secretsOf } from "../support/tables.ts";
import { brokenSystem } from "./broken-system.ts";

const system = brokenSystem(20);

/** The calls that seal or open a user's secret of this purpose. */
const asked = (operation: "Encrypt" | "Decrypt", { userId }: MobileBackend, purpose: string) => {
  return (call: AwsCall) => {
    const context = Object(call.request["EncryptionContext"]);
    return call.operation === operation && context.userId === userId && context.purpose === purpose;
  };
};
/** KMS fails these calls until the returned function is called. */
const fail = (...calls: Parameters<typeof asked>) =>
  system.recorder.failAll(asked(...calls), "KMSInternalException", 500);

const isUnavailable = ({ status, headers }: HttpReply) =>
  status === 503 && Number(headers.get("retry-after")) > 0;

/** A row that waits for the sweeper to delete it. */
const isDropped = (row: object) => "isDropped" in row;
/** An event of another user's job that ran before may be stored at any time. */
const isOthersEvent = (row: object, userId: string) =>
  JSON.stringify(row).includes('"event#') && !JSON.stringify(row).includes(userId);
const keptRows = async ({ userId }: MobileBackend) =>
  (await rowsButCounts()).filter((row) => !isDropped(row) && !isOthersEvent(row, userId));

describe("While KMS seals nothing, a 503 leaves no row that stays, and the same request succeeds later:", () => {
  interface Refused {
    purpose: string;
    /** Gives the request, and the job that it is about. */
    prepare(backend: MobileBackend): Promise<{ request(): Promise<HttpReply>; jobId?: string }>;
    sent(backend: MobileBackend): Promise<number>;
    expected: number;
  }

  test.each<[string, Refused]>([
    [
      "a new connection",
      {
        purpose: "login",
        prepare: async (backend) => ({ request: () => backend.connect(HOOLI, LOGINS.gavin) }),
        sent: (backend) => backend.loginsSent(),
        expected: 1,
      },
    ],
    [
      "another login for a connection",
      {
        purpose: "login",
        prepare: async (backend) => {
          const jobId = await system.start(backend, HOOLI, LOGINS.gavin);
          expect(await system.codes(backend, jobId)).toEqual([]);
          const connectionId = String((await backend.job(jobId)).links.source?.split("/").at(-1));
          return { request: () => update(backend, connectionId, LOGINS.ash) };
        },
        sent: async (backend) =>
          (await backend.upstreamCalls()).filter((call) => /^POST \/users\/.+\/connections/.test(call))
            .length,
        expected: 2,
      },
    ],
    [
      "an answer",
      {
        purpose: "answer-1",
        prepare: async (backend) => {
          const jobId = await system.start(backend, PIED_PIPER, LOGINS.jared);
          await backend.untilAsked(jobId);
          return { request: () => backend.answer(jobId, ["1234"]), jobId };
        },
        sent: (backend) => backend.answersSent(),
        expected: 1,
      },
    ],
  ])("%s", async (_, { purpose, prepare, sent, expected }) => {
    const backend = system.newBackend();
    const { request, jobId } = await prepare(backend);
    const before = await keptRows(backend);
    const heal = fail("Encrypt", backend, purpose);
    expect(await request()).toSatisfy(isUnavailable);
    expect(await keptRows(backend)).toEqual(before);
    heal();
    const reply = await request();
    expect(reply.status).toBe(202);
    const id = jobId ?? String(Reflect.get(Object(reply.json), "id"));
    system.release(id);
    expect(await system.codes(backend, id)).toEqual([]);
    expect(await sent(backend)).toBe(expected);
    await expect.poll(async () => (await rowsButCounts()).filter(isDropped)).toEqual([]);
  });

  const keyedCreate = (backend: MobileBackend) => post(backend, newConnection(backend), "key");

  test("a create with an Idempotency-Key, whose fingerprint cannot be sealed", async () => {
    const backend = system.newBackend();
    const before = await rowsButCounts();
    const heal = fail("Encrypt", backend, "idempotency");
    expect((await keyedCreate(backend)).status).toBe(503);
    expect(await rowsButCounts()).toEqual(before);
    heal();
    const reply = await keyedCreate(backend);
    expect(reply.status).toBe(202);
    system.release(String(JSON.parse(reply.text).id));
  });

  test("a create with an Idempotency-Key, whose login cannot be sealed, leaves its key without a secret", async () => {
    const backend = system.newBackend();
    const before = (await keptRows(backend)).length;
    const heal = fail("Encrypt", backend, "login");
    expect((await keyedCreate(backend)).status).toBe(503);
    const rows = await keptRows(backend);
    expect(rows).toHaveLength(before + 1);
    expect(rows.filter((row) => JSON.stringify(row).includes(backend.userId))).toMatchObject([
      { pk: { S: expect.stringMatching(/^idempotency#/) } },
    ]);
    expect(await secretsOf(backend.userId)).toEqual([]);
    heal();
    const reply = await keyedCreate(backend);
    expect(reply.status).toBe(202);
    const jobId = String(JSON.parse(reply.text).id);
    system.release(jobId);
    expect(await system.codes(backend, jobId)).toEqual([]);
    expect(await backend.loginsSent()).toBe(1);
  });
});

const COMES_BACK = "comes back before the tries are over: it is sent once";
const STAYS_DOWN = "stays down: it is never sent, and the job ends";

/** Lets KMS open the secret again after three tries, or never, and expects how the job ends. */
async function expectTried(
  backend: MobileBackend,
  purpose: string,
  start: () => Promise<string>,
  isBack: boolean,
) {
  const heal = fail("Decrypt", backend, purpose);
  const jobId = await start();
  const tries = () => system.recorder.calls.filter(asked("Decrypt", backend, purpose)).length;
  await expect.poll(tries).toBeGreaterThanOrEqual(3);
  if (isBack) heal();
  const codes = await system.codes(backend, jobId);
  expect(await secretsOf(jobId)).toEqual([]);
  if (!isBack) heal();
  return codes;
}

test.concurrent.each<[string, string[], number]>([
  [COMES_BACK, [], 1],
  [STAYS_DOWN, ["service-unavailable"], 0],
])("A login is not opened while KMS is down, which %s", async (ending, codes, sent) => {
  const backend = system.newBackend();
  const start = () => system.start(backend, HOOLI, LOGINS.gavin);
  expect(await expectTried(backend, "login", start, ending === COMES_BACK)).toEqual(codes);
  expect(await backend.loginsSent()).toBe(sent);
});

test.concurrent.each<[string, string[], number]>([
  [COMES_BACK, [], 1],
  [STAYS_DOWN, ["internal-server-error"], 0],
])("An answer is not opened while KMS is down, which %s", async (ending, codes, sent) => {
  const backend = system.newBackend();
  let reply: Promise<HttpReply> | undefined;
  // The reply waits for the bank's decision.
  const start = async () => {
    const jobId = await system.start(backend, PIED_PIPER, LOGINS.jared);
    await backend.untilAsked(jobId);
    reply = backend.answer(jobId, ["1234"]);
    return jobId;
  };
  expect(await expectTried(backend, "answer-1", start, ending === COMES_BACK)).toEqual(codes);
  expect(ending === COMES_BACK ? [202] : [202, 400]).toContain((await reply)?.status);
  expect(await backend.answersSent()).toBe(sent);
});

test.concurrent("An answer whose task token cannot be opened is a 503, and the same answer later wakes the job", async () => {
  const backend = system.newBackend();
  const jobId = await system.start(backend, PIED_PIPER, LOGINS.jared);
  await backend.untilAsked(jobId);
  const heal = fail("Decrypt", backend, "task-token");
  expect(await backend.answer(jobId, ["1234"])).toSatisfy(isUnavailable);
  heal();
  expect((await backend.answer(jobId, ["1234"])).status).toBe(202);
  expect(statuses((await backend.untilOver(jobId)).steps)).toEqual(ALL_DONE);
  expect(await backend.answersSent()).toBe(1);
});
