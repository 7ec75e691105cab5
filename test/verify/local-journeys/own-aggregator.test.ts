import { expect, onTestFinished, test } from "vitest";
import { LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import { ALL_DONE, MobileBackend, statuses } from "../../journeys/mobile-backend.ts";
import { canaryRegister } from "../canaries/canary-register.ts";
import { exchangingUpstream } from "../canaries/exchanging-upstream.ts";
import { scannerFor } from "../canaries/scanner.ts";
import { SANDBOX, startLocalMode, startProgram } from "../support/program.ts";

test("Local mode uses the aggregator of UPSTREAM_URL instead of the sandbox, and logs no secret", async () => {
  const TIME_SCALE = "10";
  const secrets = canaryRegister();
  const UPSTREAM_API_KEY = secrets.header("API key of upstream");
  const sandbox = startProgram(SANDBOX, { SANDBOX_PORT: "0", SANDBOX_API_KEY: UPSTREAM_API_KEY, TIME_SCALE });
  const sandboxUrl = await sandbox.prints(/^Sandbox listening on (.+)$/m);
  const { originalOf } = secrets;
  const gives = (token: string) => secrets.made("access token of upstream", token);
  const aggregator = await exchangingUpstream({ sandboxUrl, originalOf, gives });
  onTestFinished(() => aggregator.close());
  const UPSTREAM_URL = aggregator.url;
  // A second sandbox on this port would fail.
  const SANDBOX_PORT = new URL(UPSTREAM_URL).port;
  const own = { UPSTREAM_URL, UPSTREAM_API_KEY, SANDBOX_PORT, DEMO: "on" };
  const local = await startLocalMode({ ...own, TIME_SCALE, LOG_LEVEL: "debug" });
  expect(local.walkThrough).not.toMatch(/^Sandbox|^A demonstration|password/m);

  const backend = new MobileBackend({ ...local, sandboxUrl });
  const login = {
    loginId: secrets.text("login", LOGINS.jared.loginId),
    password: secrets.text("password", LOGINS.jared.password),
  };
  const answer = secrets.text("answer", "1234");
  const jobId = await backend.startJob(PIED_PIPER, login);
  await backend.untilAsked(jobId);
  expect((await backend.answer(jobId, [answer])).status).toBe(202);
  expect(statuses((await backend.untilOver(jobId)).steps)).toEqual(ALL_DONE);
  expect(await backend.loginsSent()).toBe(1);

  for (const sent of [...Object.values(login), answer]) expect(aggregator.arrived).toContain(sent);
  expect(local.said()).toMatch(/"(route|task)":"/);
  const scanner = scannerFor(secrets.canaries);
  const outputs = Object.entries(local.printed).map(([name, content]) => ({ name, content }));
  expect(outputs.flatMap((output) => scanner.scan(output))).toEqual([]);
  expect(sandbox.printed).toEqual({ stdout: `Sandbox listening on ${sandboxUrl}\n`, stderr: "" });
});
