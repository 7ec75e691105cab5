import { randomUUID } from "node:crypto";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KMSClient } from "@aws-sdk/client-kms";
import { describe, expect, test } from "vitest";
import { Secret, type SecretRef } from "../../../functions/jobs/domain/secret.ts";
import { dynamoVault, kmsSealer } from "../../../functions/jobs/store/vault.ts";
import { systemClock } from "../../../functions/platform/clock.ts";
import { cancel, resume } from "../../journeys/calls.ts";
import { HOOLI, HOOLI_GOV, LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import { ALL_DONE, BANK_OUT_OF_SIGHT, type MobileBackend, statuses } from "../../journeys/mobile-backend.ts";
import { posting } from "../../journeys/posting.ts";
import { untilQueued } from "../../journeys/queued.ts";
import { fails } from "../support/faulty-functions.ts";
import { asText, change, row, rowsButCounts, rowsOfAll, secretsOf } from "../support/tables.ts";
import { brokenSystem } from "./broken-system.ts";

const system = brokenSystem(20);
const { backend: poster, post } = posting(system.target);

const jobKey = (jobId: string) => ({ pk: `job#${jobId}` });
const jobRow = (jobId: string) => row("JOBS_TABLE", jobKey(jobId));
const loginKey = (jobId: string) => ({ jobId, purpose: "login" });
const PAST = "2020-01-01T00:00:00.000Z";
const pastSeconds = () => Math.floor(Date.now() / 1000) - 1;

/** The purposes of the secrets that are stored for a job, in any table. */
async function secrets(jobId: string): Promise<string[]> {
  const rows = (await secretsOf(jobId)).map((each) => String(Object(each["purpose"]).S));
  return [...rows, ...("sealedTaskToken" in (await jobRow(jobId)) ? ["task-token"] : [])];
}

async function startAsked(backend: MobileBackend): Promise<string> {
  const jobId = await system.start(backend, PIED_PIPER, LOGINS.jared);
  await backend.untilAsked(jobId);
  return jobId;
}

async function startQueued(backend: MobileBackend): Promise<string> {
  const jobId = await system.start(backend, HOOLI_GOV, LOGINS.gavin);
  await untilQueued(backend, jobId);
  return jobId;
}

describe("The tables", () => {
  test("hold nothing of a refused request", async () => {
    const before = await rowsButCounts();
    const body = (more: object) => JSON.stringify({ ...LOGINS.gavin, institution: { id: HOOLI }, ...more });
    const replies = await Promise.all([
      post("{"),
      post("[]"),
      post(body({}), { type: "text/plain" }),
      post(body({ loginId: 1 })),
      post(body({ password: null })),
      post(body({ institution: { id: "AU99999" } })),
      post(body({}), { token: "no-token" }),
      post(body({}), { userId: "not.valid" }),
      post(body({ padding: "x".repeat(17_000) })),
      poster().trade({}, { authorization: "Basic another-key" }),
      poster().answer(randomUUID(), ["1234"]),
      poster().send("DELETE", "/jobs/a"),
    ]);
    expect(replies.map(({ status }) => Math.floor(status / 100))).toEqual(replies.map(() => 4));
    expect(await rowsButCounts()).toEqual(before);
  });

  test("never hold a login or an answer in plain text", async () => {
    const backend = system.newBackend();
    const login = { loginId: "jared", password: "django", securityCode: `code-${randomUUID()}` };
    const jobId = await system.start(backend, PIED_PIPER, login);
    const begun = asText(await rowsOfAll());
    await backend.untilAsked(jobId);
    await backend.answer(jobId, ["1234"]);
    const answered = asText(await rowsOfAll());
    expect(begun).toContain(jobId);
    for (const secret of [login.password, login.securityCode, '["1234"]']) {
      expect(begun).not.toContain(secret);
      expect(answered).not.toContain(secret);
    }
    // Plain text would be found, also in bytes.
    expect(asText([{ B: new TextEncoder().encode(login.password) }])).toContain(login.password);
  });

  test("hold the API key as a hash only", async () => {
    const rows = asText(await rowsOfAll());
    expect(rows).toMatch(/api-key#[0-9a-f]{64}/);
    expect(rows).not.toContain(system.target().apiKey);
  });
});

describe("No secret is left of a job", () => {
  type Act = (backend: MobileBackend, jobId: string) => unknown;
  /** Before the functions run. */
  const atOnce = { institutionId: HOOLI, login: LOGINS.gavin, isAsked: false, stored: ["login"] };
  const asked = { institutionId: PIED_PIPER, login: LOGINS.jared, isAsked: true, stored: ["task-token"] };
  const release: Act = (_, jobId) => system.release(jobId);
  const crash: Act = (_, jobId) =>
    system.release(jobId, { "open-connection": fails("before", "SyntaxError") });

  test.concurrent.each<[string, typeof atOnce, Act, string[]]>([
    ["is successful", atOnce, release, []],
    ["the bank refuses", { ...atOnce, login: LOGINS.bighead }, release, ["invalid-credentials"]],
    ["is given up after a function that crashed", atOnce, crash, ["internal-server-error"]],
    [
      "is cancelled before it begins",
      atOnce,
      async (backend, jobId) => {
        await cancel(backend, jobId);
        system.release(jobId);
      },
      ["job-cancelled"],
    ],
    ["is cancelled while its user is asked", asked, cancel, ["job-cancelled"]],
    ["is successful after an answer", asked, (backend, jobId) => backend.answer(jobId, ["1234"]), []],
    [
      "the bank refuses after a wrong answer",
      asked,
      (backend, jobId) => backend.answer(jobId, ["4321"]),
      ["invalid-credentials"],
    ],
    ["nobody answers", asked, () => undefined, ["mfa-expired"]],
  ])("that %s", async (_, { institutionId, login, isAsked, stored }, act, codes) => {
    const backend = system.newBackend();
    const jobId = await backend.startJob(institutionId, login);
    if (isAsked) {
      system.release(jobId);
      await backend.untilAsked(jobId);
    }
    expect(await secrets(jobId)).toEqual(stored);
    await act(backend, jobId);
    expect(await system.codes(backend, jobId)).toEqual(codes);
    expect(await secrets(jobId)).toEqual([]);
  });

  test("that the queue gives up", async () => {
    const backend = system.newBackend();
    await backend.institution(HOOLI_GOV, { status: "major-outage", outage: "refuse" });
    const jobId = await startQueued(backend);
    expect(await secrets(jobId)).toEqual(["login"]);
    await change("JOBS_TABLE", jobKey(jobId), "queue.expiresAt", PAST);
    await resume(backend, jobId);
    expect(await system.codes(backend, jobId, 2)).toEqual(["temporary-unavailable"]);
    expect(await secrets(jobId)).toEqual([]);
  });

  test("that the aggregator does not finish", async () => {
    const backend = system.newBackend();
    await backend.faults(BANK_OUT_OF_SIGHT);
    const jobId = await system.start(backend, HOOLI, LOGINS.gavin);
    await expect.poll(async () => (await jobRow(jobId))["phase"]).toBe("following");
    expect(await secrets(jobId)).toEqual(["login"]);
    await change("JOBS_TABLE", jobKey(jobId), "followUntil", PAST);
    expect(await system.codes(backend, jobId)).toEqual(["job-timed-out"]);
    expect(await secrets(jobId)).toEqual([]);
    await backend.faults([]);
  });

  test("that goes on after its login was verified, and its answer was sent", async () => {
    const backend = system.newBackend();
    const jobId = await startAsked(backend);
    expect(await secrets(jobId)).toEqual(["task-token"]);
    await backend.faults(BANK_OUT_OF_SIGHT);
    await backend.answer(jobId, ["1234"]);
    await expect.poll(() => backend.answersSent()).toBe(1);
    await expect.poll(() => secrets(jobId)).toEqual([]);
    expect(await jobRow(jobId)).toMatchObject({ phase: "following" });
    await backend.faults([]);
    expect(await system.codes(backend, jobId)).toEqual([]);
  });
});

const sealedLogin = async (jobId: string) => (await row("SECRETS_TABLE", loginKey(jobId)))["sealed"];
const putLogin = (jobId: string, sealed: unknown) =>
  change("SECRETS_TABLE", loginKey(jobId), "sealed", sealed);
const expireLogin = (jobId: string) => change("SECRETS_TABLE", loginKey(jobId), "expiresAt", pastSeconds());

/** Stores something in the place of a job's answer before its user gives one. */
async function plantAnswer(jobId: string, of: SecretRef, until: number): Promise<void> {
  const client = new DynamoDBClient({});
  const { SECRETS_TABLE: tableName = "", SEALING_KEY_ID = "" } = process.env;
  const kms = kmsSealer(new KMSClient({}), SEALING_KEY_ID);
  const sealer = { ...kms, seal: (_: SecretRef, secret: Secret) => kms.seal(of, secret) };
  const here: SecretRef = { ...of, jobId, purpose: "answer-1" };
  await dynamoVault({ client, tableName, sealer, clock: systemClock() }).store(
    here,
    new Secret('["1234"]'),
    new Date(until),
  );
  client.destroy();
}

/** The job has failed, and none of its secrets is left. */
async function expectBroken(backend: MobileBackend, jobId: string, generation = 1): Promise<void> {
  expect(await system.codes(backend, jobId, generation)).toEqual(["internal-server-error"]);
  expect(await secretsOf(jobId)).toEqual([]);
}

describe("A stored secret is not used:", () => {
  test.concurrent.each(["another user's job", "another job of the user"])(
    "a login that was moved from %s is not sent, and its job ends",
    async (from) => {
      const [one, other] = [system.newBackend(), system.newBackend()];
      const mine = from === "another user's job" ? other : one;
      const theirs = await one.startJob(HOOLI, LOGINS.gavin);
      const jobId = await mine.startJob(HOOLI_GOV, LOGINS.ash);
      await putLogin(jobId, await sealedLogin(theirs));
      for (const id of [theirs, jobId]) system.release(id);
      await expectBroken(mine, jobId);
      expect(await system.codes(one, theirs)).toEqual([]);
      expect([await one.loginsSent(), await other.loginsSent()]).toEqual([1, 0]);
    },
  );

  test.concurrent("a login with a changed byte is not sent, and its job ends", async () => {
    const backend = system.newBackend();
    const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
    const sealed = Buffer.from(Object(await sealedLogin(jobId)));
    sealed.writeUInt8(sealed.readUInt8(sealed.length - 1) ^ 1, sealed.length - 1);
    await putLogin(jobId, sealed);
    system.release(jobId);
    await expectBroken(backend, jobId);
    expect(await backend.loginsSent()).toBe(0);
  });

  test.concurrent("an expired login, whose row is still there, is not sent, and its job ends", async () => {
    const backend = system.newBackend();
    const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
    await expireLogin(jobId);
    system.release(jobId);
    await expectBroken(backend, jobId);
    expect(await backend.loginsSent()).toBe(0);
  });

  test.concurrent.each<[string, (ref: SecretRef, another: string) => SecretRef, number?]>([
    ["an answer of another job", (ref, jobId) => ({ ...ref, jobId })],
    ["an answer of another user", (ref) => ({ ...ref, userId: "somebody-else" })],
    ["an answer to another challenge of the job", (ref) => ({ ...ref, purpose: "answer-2" })],
    ["a login in the place of an answer", (ref) => ({ ...ref, purpose: "login" })],
    ["an expired answer, whose row is still there,", (ref) => ref, -1_000],
  ])("%s is not sent, and the job ends", async (_, moved, msLeft = 3_600_000) => {
    const backend = system.newBackend();
    const another = await system.start(system.newBackend(), HOOLI, LOGINS.gavin);
    const jobId = await startAsked(backend);
    const ref: SecretRef = { jobId, userId: backend.userId, purpose: "answer-1" };
    await plantAnswer(jobId, moved(ref, another), Date.now() + msLeft);
    // A 400, unless the job takes longer to end than the reply waits.
    expect([202, 400]).toContain((await backend.answer(jobId, ["1234"])).status);
    await expectBroken(backend, jobId);
    expect(await backend.answersSent()).toBe(0);
  });

  test.concurrent("a task token that was moved wakes no job, and the job that has it ends when its challenge is over", async () => {
    const [mine, other] = [system.newBackend(), system.newBackend()];
    const [jobId, theirs] = [await startAsked(mine), await startAsked(other)];
    const { sealedTaskToken } = await jobRow(theirs);
    await change("JOBS_TABLE", jobKey(jobId), "sealedTaskToken", sealedTaskToken);
    expect((await mine.answer(jobId, ["1234"])).status).toBe(500);
    expect(await jobRow(theirs)).toMatchObject({ phase: "awaiting-answer" });
    expect((await other.answer(theirs, ["1234"])).status).toBe(202);
    expect(statuses((await other.untilOver(theirs)).steps)).toEqual(ALL_DONE);
    await mine.untilOver(jobId);
    expect([await mine.answersSent(), await other.answersSent()]).toEqual([1, 1]);
    expect(await secretsOf(jobId)).toEqual([]);
  });

  test("a login that was moved or has expired while its job was queued is not sent, and its job ends", async () => {
    const [one, other, late] = [system.newBackend(), system.newBackend(), system.newBackend()];
    await one.institution(HOOLI_GOV, { status: "major-outage", outage: "refuse" });
    const theirs = await startQueued(one);
    const moved = await startQueued(other);
    const expired = await startQueued(late);
    await putLogin(moved, await sealedLogin(theirs));
    await expireLogin(expired);
    await one.institution(HOOLI_GOV, { status: "operational" });
    // The sweeper may have found that the bank is back.
    for (const [backend, jobId] of [
      [one, theirs],
      [other, moved],
      [late, expired],
    ] as const) {
      expect([202, 409]).toContain((await resume(backend, jobId)).status);
    }
    await expectBroken(other, moved, 2);
    await expectBroken(late, expired, 2);
    expect(await system.codes(one, theirs, 2)).toEqual([]);
    expect([await one.loginsSent(), await other.loginsSent(), await late.loginsSent()]).toEqual([2, 1, 1]);
  });
});
