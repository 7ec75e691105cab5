import { afterAll, beforeAll, expect, test } from "vitest";
import { backendOf, GAVIN, MFA_BANK, PLAIN_BANK, statusesOf, tokenRequest } from "./backend.ts";
import { LOOPBACK, listeningAddresses } from "./listening-sockets.ts";
import { DEVELOPMENT_KEY, type LocalMode, startLocalMode } from "./local-mode.ts";
import { expectNoSecrets } from "./secrets-said.ts";

const STRANGER = { loginId: "stranger-login", password: "stranger-password", answers: [] };
const KEY = "a-key-of-my-own";
const stops: (() => Promise<void>)[] = [];
let local: LocalMode;

beforeAll(async () => {
  local = await startLocalMode({ LOCAL_API_KEY: KEY, LOG_LEVEL: "debug" }, (stop) => stops.push(stop));
});

afterAll(async () => {
  for (const stop of stops) await stop();
});

test("the key of the environment is printed, and is the only one", async () => {
  expect(local.apiKey).toBe(KEY);
  expect((await tokenRequest(local.apiUrl, KEY)).status).toBe(200);
  expect((await tokenRequest(local.apiUrl, DEVELOPMENT_KEY)).status).toBe(404);
});

test("only this machine gets to the ports", () => {
  // The API, the sandbox, and what stands in for DynamoDB, KMS, Secrets Manager and Step Functions.
  expect(listeningAddresses(local.pid)).toEqual(Array(6).fill(LOOPBACK));
});

test("Ctrl-C ends it while jobs are under way", async () => {
  const backend = await backendOf(local);
  const refused = await backend.connect("user-1", PLAIN_BANK, STRANGER);
  const asked = await backend.connect("user-2", MFA_BANK, STRANGER);
  const followed = await backend.connect("user-3", PLAIN_BANK, GAVIN);
  for (const jobId of [refused, asked, followed]) await backend.begins(jobId);
  expect(statusesOf(await backend.read(followed)).at(-1)).toBe("pending");

  const { code, stderr } = await local.end("SIGINT");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expectNoSecrets(local, GAVIN, STRANGER);
});
