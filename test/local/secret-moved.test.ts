import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KMSClient } from "@aws-sdk/client-kms";
import { expect, test } from "vitest";
import { Secret, type SecretRef } from "../../functions/jobs/domain/secret.ts";
import { dynamoVault, kmsSealer } from "../../functions/jobs/store/vault.ts";
import { systemClock } from "../../functions/platform/clock.ts";
import { resume } from "../journeys/calls.ts";
import { HOOLI, HOOLI_GOV, LOGINS, PIED_PIPER } from "../journeys/logins.ts";
import { ALL_DONE, type MobileBackend, statuses } from "../journeys/mobile-backend.ts";
import { untilQueued } from "../journeys/queued.ts";
import { brokenSystem } from "./broken-system.ts";
import { change, row, secretsOf } from "./tables.ts";

const system = brokenSystem(40);

const BROKEN = [{ status: "failed", result: { code: "internal-server-error" } }];
const keyOf = (jobId: string, purpose: string) => ({ jobId, purpose });
const sealedLogin = async (jobId: string) => (await row("SECRETS_TABLE", keyOf(jobId, "login")))["sealed"];
const putLogin = (jobId: string, sealed: unknown) =>
  change("SECRETS_TABLE", keyOf(jobId, "login"), "sealed", sealed);

async function expectBroken(backend: MobileBackend, jobId: string, generation = 1): Promise<void> {
  expect(await system.over(backend, jobId, generation)).toMatchObject(BROKEN);
  expect(await secretsOf(jobId)).toEqual([]);
}

async function expectWell(backend: MobileBackend, jobId: string): Promise<void> {
  expect((await backend.untilOver(jobId)).steps.map(({ status }) => status)).not.toContain("failed");
}

test.concurrent.each(["another user's job", "another job of the user"])(
  "a login that was moved from %s before it is sent is not sent, and its job ends",
  async (from) => {
    const [one, other] = [system.newBackend(), system.newBackend()];
    const mine = from === "another user's job" ? other : one;
    const theirs = await one.startJob(HOOLI, LOGINS.gavin);
    const jobId = await mine.startJob(HOOLI_GOV, LOGINS.ash);
    await putLogin(jobId, await sealedLogin(theirs));
    for (const id of [theirs, jobId]) system.release(id);
    await expectBroken(mine, jobId);
    await expectWell(one, theirs);
    expect(await one.loginsSent()).toBe(1);
    expect(await other.loginsSent()).toBe(0);
  },
);

test.concurrent("a login of which a byte was changed is not sent, and its job ends", async () => {
  const backend = system.newBackend();
  const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
  const sealed = Buffer.from(Object(await sealedLogin(jobId)));
  sealed.writeUInt8(sealed.readUInt8(sealed.length - 1) ^ 1, sealed.length - 1);
  await putLogin(jobId, sealed);
  system.release(jobId);
  await expectBroken(backend, jobId);
  expect(await backend.loginsSent()).toBe(0);
});

/** Puts something where the answer of a job will be looked for, before its user gives one. */
async function plantAnswer(jobId: string, of: SecretRef, until = Date.now() + 3_600_000): Promise<void> {
  const client = new DynamoDBClient({});
  const { SECRETS_TABLE: tableName = "", SEALING_KEY_ID = "" } = process.env;
  const kms = kmsSealer(new KMSClient({}), SEALING_KEY_ID);
  const sealer = { ...kms, seal: (_: SecretRef, secret: Secret) => kms.seal(of, secret) };
  const here: SecretRef = { ...of, jobId, purpose: "answer-1" };
  await dynamoVault({ client, tableName, sealer, clock: systemClock() }).keep(
    here,
    new Secret('["1234"]'),
    new Date(until),
  );
  client.destroy();
}

test.concurrent.each<[string, (ref: SecretRef, jobId: string) => SecretRef]>([
  ["to another job", (ref, jobId) => ({ ...ref, jobId })],
  ["of another user", (ref) => ({ ...ref, userId: "somebody-else" })],
  ["to another challenge of the job", (ref) => ({ ...ref, purpose: "answer-2" })],
  ["which is a login", (ref) => ({ ...ref, purpose: "login" })],
])("an answer %s, moved to the one that is asked for, is not sent, and its job ends", async (_, moved) => {
  const backend = system.newBackend();
  const another = await system.start(system.newBackend(), HOOLI, LOGINS.gavin);
  const jobId = await system.start(backend, PIED_PIPER, LOGINS.jared);
  await backend.untilAsked(jobId);
  await plantAnswer(jobId, moved({ jobId, userId: backend.userId, purpose: "answer-1" }, another));
  expect((await backend.answer(jobId, ["1234"])).status).toBe(202);
  await expectBroken(backend, jobId);
  expect(await backend.answersSent()).toBe(0);
});

test.concurrent("an answer past its time is not sent, although its row is there, and its job ends", async () => {
  const backend = system.newBackend();
  const jobId = await system.start(backend, PIED_PIPER, LOGINS.jared);
  await backend.untilAsked(jobId);
  await plantAnswer(jobId, { jobId, userId: backend.userId, purpose: "answer-1" }, Date.now() - 1_000);
  expect((await backend.answer(jobId, ["1234"])).status).toBe(202);
  await expectBroken(backend, jobId);
  expect(await backend.answersSent()).toBe(0);
});

test.concurrent("a task token that was moved wakes nobody, and the job it lies in goes on when its challenge is over", async () => {
  const [mine, other] = [system.newBackend(), system.newBackend()];
  const jobId = await system.start(mine, PIED_PIPER, LOGINS.jared);
  await mine.untilAsked(jobId);
  const theirs = await system.start(other, PIED_PIPER, LOGINS.jared);
  await other.untilAsked(theirs);
  const jobKey = (id: string) => ({ pk: `job#${id}` });
  const { sealedTaskToken } = await row("JOBS_TABLE", jobKey(theirs));
  await change("JOBS_TABLE", jobKey(jobId), "sealedTaskToken", sealedTaskToken);
  expect((await mine.answer(jobId, ["1234"])).status).toBe(500);
  expect(await row("JOBS_TABLE", jobKey(theirs))).toMatchObject({ phase: "awaiting-answer" });
  expect((await other.answer(theirs, ["1234"])).status).toBe(202);
  expect(statuses((await other.untilOver(theirs)).steps)).toEqual(ALL_DONE);
  await mine.untilOver(jobId);
  expect([await mine.answersSent(), await other.answersSent()]).toEqual([1, 1]);
  expect(await secretsOf(jobId)).toEqual([]);
});

test.concurrent("a login past its time is not sent, although its row is there, and its job ends", async () => {
  const backend = system.newBackend();
  const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
  await change("SECRETS_TABLE", keyOf(jobId, "login"), "expiresAt", Math.floor(Date.now() / 1000) - 1);
  system.release(jobId);
  await expectBroken(backend, jobId);
  expect(await backend.loginsSent()).toBe(0);
});

test("nor is one that was moved, or is past its time, while its job was queued", async () => {
  const [one, other, late] = [system.newBackend(), system.newBackend(), system.newBackend()];
  await one.institution(HOOLI_GOV, { status: "major-outage", outage: "refuse" });
  const queued = async (backend: MobileBackend) => {
    const id = await system.start(backend, HOOLI_GOV, LOGINS.gavin);
    await untilQueued(backend, id);
    return id;
  };
  const [theirs, moved, over] = [await queued(one), await queued(other), await queued(late)];
  await putLogin(moved, await sealedLogin(theirs));
  await change("SECRETS_TABLE", keyOf(over, "login"), "expiresAt", Math.floor(Date.now() / 1000) - 1);
  await one.institution(HOOLI_GOV, { status: "operational" });
  for (const [backend, id] of [
    [one, theirs],
    [other, moved],
    [late, over],
  ] as const) {
    expect((await resume(backend, id)).status).toBe(202);
  }
  await expectBroken(other, moved, 2);
  await expectBroken(late, over, 2);
  await expectWell(one, theirs);
  expect([await one.loginsSent(), await other.loginsSent(), await late.loginsSent()]).toEqual([2, 1, 1]);
});
