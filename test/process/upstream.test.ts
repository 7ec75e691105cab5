import { expect, test } from "vitest";
import { backendOf, GAVIN, loginsSeen, MFA_BANK, statusesOf } from "./backend.ts";
import { startLocalMode } from "./local-mode.ts";
import { SANDBOX, startProgram } from "./program.ts";
import { expectNoSecrets } from "./secrets-said.ts";

const UPSTREAM_API_KEY = "key-of-the-upstream";

test("an upstream of one's own is used instead of the sandbox", { timeout: 60_000 }, async () => {
  const TIME_SCALE = "10";
  const sandbox = startProgram(SANDBOX, { SANDBOX_PORT: "0", SANDBOX_API_KEY: UPSTREAM_API_KEY, TIME_SCALE });
  const UPSTREAM_URL = await sandbox.prints(/^Sandbox listening on (.+)$/m);
  // A second sandbox on this port would fail.
  const SANDBOX_PORT = new URL(UPSTREAM_URL).port;
  const upstream = { UPSTREAM_URL, UPSTREAM_API_KEY };
  const local = await startLocalMode({ ...upstream, SANDBOX_PORT, TIME_SCALE, LOG_LEVEL: "debug" });
  expect(local.sandboxUrl).toBeUndefined();

  const backend = await backendOf(local);
  const jobId = await backend.connect("user-1", MFA_BANK, GAVIN);
  await backend.reaches(jobId, "mfa-challenge", "in-progress");
  expect(await backend.answer(jobId, GAVIN.answers)).toBe(202);
  const done = await backend.reaches(jobId, "retrieve-transactions", "success");
  expect(statusesOf(done)).toEqual(["success", "success", "success", "success"]);
  expect(await loginsSeen(UPSTREAM_URL, "user-1")).toBe(1);
  expectNoSecrets(local, GAVIN);
  expect(local.printed.stdout + local.printed.stderr).not.toContain(UPSTREAM_API_KEY);
  expect(sandbox.printed).toEqual({ stdout: `Sandbox listening on ${UPSTREAM_URL}\n`, stderr: "" });
});
