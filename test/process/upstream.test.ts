import { expect, onTestFinished, test } from "vitest";
import { canaryRegister } from "../verify/canaries/canary-register.ts";
import { exchangingUpstream } from "../verify/canaries/exchanging-upstream.ts";
import { scannerFor } from "../verify/canaries/scanner.ts";
import { backendOf, GAVIN, loginsSeen, MFA_BANK, statusesOf } from "./backend.ts";
import { startLocalMode } from "./local-mode.ts";
import { SANDBOX, startProgram } from "./program.ts";

test("an upstream of one's own is used instead of the sandbox", async () => {
  const TIME_SCALE = "10";
  const secrets = canaryRegister();
  const UPSTREAM_API_KEY = secrets.header("API key of upstream");
  const sandbox = startProgram(SANDBOX, { SANDBOX_PORT: "0", SANDBOX_API_KEY: UPSTREAM_API_KEY, TIME_SCALE });
  const sandboxUrl = await sandbox.prints(/^Sandbox listening on (.+)$/m);
  const { originalOf } = secrets;
  const gives = (token: string) => secrets.made("access token of upstream", token);
  const upstreamOfOnesOwn = await exchangingUpstream({ sandboxUrl, originalOf, gives });
  onTestFinished(() => upstreamOfOnesOwn.close());
  const UPSTREAM_URL = upstreamOfOnesOwn.url;
  // A second sandbox on this port would fail.
  const SANDBOX_PORT = new URL(UPSTREAM_URL).port;
  const upstream = { UPSTREAM_URL, UPSTREAM_API_KEY };
  const local = await startLocalMode({ ...upstream, SANDBOX_PORT, TIME_SCALE, LOG_LEVEL: "debug" });
  expect(local.sandboxUrl).toBeUndefined();

  const backend = await backendOf(local);
  const login = {
    loginId: secrets.text("login", GAVIN.loginId),
    password: secrets.text("password", GAVIN.password),
  };
  const answers = GAVIN.answers.map((answer) => secrets.text("answer", answer));
  const jobId = await backend.connect("user-1", MFA_BANK, login);
  await backend.reaches(jobId, "mfa-challenge", "in-progress");
  expect(await backend.answer(jobId, answers)).toBe(202);
  const done = await backend.reaches(jobId, "retrieve-transactions", "success");
  expect(statusesOf(done)).toEqual(["success", "success", "success", "success"]);
  expect(await loginsSeen(sandboxUrl, "user-1")).toBe(1);
  for (const sent of [...Object.values(login), ...answers]) expect(upstreamOfOnesOwn.arrived).toContain(sent);
  expect(local.said()).toMatch(/"(route|task)":"/);
  const scanner = scannerFor(secrets.canaries);
  expect(Object.entries(local.printed).flatMap(([name, content]) => scanner.scan({ name, content }))).toEqual(
    [],
  );
  expect(sandbox.printed).toEqual({ stdout: `Sandbox listening on ${sandboxUrl}\n`, stderr: "" });
});
