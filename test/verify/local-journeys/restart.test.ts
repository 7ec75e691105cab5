import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { HOOLI_GOV, LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import { BANK_OUT_OF_SIGHT, MobileBackend, statuses } from "../../journeys/mobile-backend.ts";
import { DEVELOPMENT_KEY, expectNoSecrets, type LocalMode, manyLives, ROOT } from "../support/program.ts";

const KEY = "a-key-of-my-own";
/** A plain job takes six seconds, and a challenge is open for two minutes: twenty times as long as a start. */
const TIME_SCALE = "1";
/** The second is the id of Hooli Bank: a job there would put it into the log. */
const ANSWERS = ["Basiq", "AU00000"];
const SECRETS = [...Object.values(LOGINS.whistler), ...Object.values(LOGINS.gavin), ...ANSWERS];

let start: () => Promise<LocalMode>;
let first: LocalMode;
let second: LocalMode;
let asked: { user: MobileBackend; jobId: string };
let followed: { user: MobileBackend; jobId: string };
const stops: (() => Promise<void>)[] = [];

/** Kills local mode while one job waits for an answer and another one is followed, and starts it again. */
beforeAll(async () => {
  start = await manyLives({ TIME_SCALE, LOCAL_API_KEY: KEY }, (stop) => stops.push(stop));
  first = await start();
  const askedUser = new MobileBackend(first);
  asked = { user: askedUser, jobId: await askedUser.startJob(PIED_PIPER, LOGINS.whistler) };
  await askedUser.untilAsked(asked.jobId);
  const user = new MobileBackend(first);
  await user.faults(BANK_OUT_OF_SIGHT);
  followed = { user, jobId: await user.startJob(HOOLI_GOV, LOGINS.gavin) };
  await vi.waitFor(async () => expect(await user.loginsSent()).toBe(1), { timeout: 600_000 });
  await first.end("SIGKILL");
  second = await start();
});
afterAll(async () => {
  for (const stop of stops.toReversed()) await stop();
});

test("After a kill and a restart with the same DATA_DIR, jobs go on, and no login is sent twice", async () => {
  expect(second.apiUrl).toBe(first.apiUrl);
  expect(await asked.user.answer(asked.jobId, ANSWERS)).toMatchObject({ status: 202 });
  await asked.user.faults([]);
  for (const { user, jobId } of [asked, followed]) {
    expect(new Set((await user.untilOver(jobId)).steps.map(({ status }) => status))).toEqual(
      new Set(["success"]),
    );
    expect(await user.loginsSent()).toBe(1);
  }
  expectNoSecrets(first, SECRETS);
  expectNoSecrets(second, SECRETS);
});

test("LOCAL_API_KEY is printed, and is the only key", async () => {
  const statusOf = async (apiKey: string) =>
    (await new MobileBackend({ ...second, apiKey }).trade({ scope: "SERVER_ACCESS" })).status;
  expect(second.apiKey).toBe(KEY);
  expect(await statusOf(KEY)).toBe(200);
  expect(await statusOf(DEVELOPMENT_KEY)).toBe(404);
});

test("Ctrl-C ends local mode while jobs run, and an API key that was revoked is refused at the next start", async () => {
  const stranger = { loginId: "stranger-login", password: "stranger-password" };
  const [refused, waiting, running] = [1, 2, 3].map(() => new MobileBackend(second));
  await refused?.untilOver(await refused.startJob(HOOLI_GOV, stranger));
  await waiting?.untilAsked(await waiting.startJob(PIED_PIPER, LOGINS.whistler));
  await running?.faults(BANK_OUT_OF_SIGHT);
  const jobId = (await running?.startJob(HOOLI_GOV, LOGINS.gavin)) ?? "";
  expect(statuses((await running?.job(jobId))?.steps ?? [])).toContain("retrieve-transactions: pending");
  const id = createHash("sha256").update(KEY).digest("hex").slice(0, 12);
  const revoke = ["infra/cli/keys/main.ts", "revoke", id, "--local", second.apiUrl];
  await promisify(execFile)(process.execPath, revoke, { cwd: ROOT });

  expect(await second.end("SIGINT")).toMatchObject({ code: 0, signal: null, stderr: "" });
  expectNoSecrets(second, [...SECRETS, ...Object.values(stranger)]);
  await expect(start()).rejects.toThrow(
    "The API key was revoked in this data directory. Set LOCAL_API_KEY to another one.",
  );
});
