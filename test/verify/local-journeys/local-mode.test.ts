import { afterAll, beforeAll, expect, test } from "vitest";
import type { LocalSystem } from "../../../infra/local/start-local.ts";
import { newestJob } from "../../journeys/calls.ts";
import { HOOLI, LOGINS } from "../../journeys/logins.ts";
import { MobileBackend, statuses } from "../../journeys/mobile-backend.ts";
import { startForTests } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";
import { type AwsCall, awsRecorder } from "../support/aws-recorder.ts";

const SWEEP = "functions/jobs/workflow/sweep.lambda.ts";
/** The sweeper comes every 0.6 s, and a job is due 0.6 s after it was accepted. */
const TIME_SCALE = 100;

const recorder = awsRecorder();
const hung = Promise.withResolvers<void>();
let sweepsHang = false;
let system: LocalSystem;
beforeAll(async () => {
  system = await startForTests(TIME_SCALE, {
    around(entry, event, run) {
      if (entry !== SWEEP || !sweepsHang) return recorder.around(entry, event, run);
      hung.resolve();
      return new Promise(() => undefined);
    },
  });
  // The functions read this at their first call.
  process.env["ALLOW_UNBOUND_CLIENT_TOKENS"] = "true";
  await recorder.start();
});
afterAll(async () => {
  await system.close();
  await recorder.close();
});

test("A client token that names no user is given out where the deployment allows it, and reads a job", async () => {
  const user = new MobileBackend(targetOf(system));
  const jobId = await user.startJob(HOOLI, LOGINS.gavin);
  const token = await user.token({ scope: "CLIENT_ACCESS" });
  const unbound = new MobileBackend(user.target, user.userId, token);
  expect((await unbound.job(jobId)).id).toBe(jobId);
  expect((await unbound.connect(HOOLI, LOGINS.gavin)).status).toBe(403);
  await user.untilOver(jobId);
});

test("The schedule starts a job whose start has failed, and closing does not wait for a run that hangs", async () => {
  const backend = new MobileBackend(targetOf(system));
  const isStart = ({ by, operation }: AwsCall) =>
    operation === "StartExecution" && by?.entry.includes("/create-connection.") === true;
  recorder.fail(isStart, "AccessDeniedException");
  const since = recorder.fromNow();
  expect((await backend.connect(HOOLI, LOGINS.gavin)).status).toBe(503);

  const { steps } = await backend.untilOver(await newestJob(backend));
  expect(statuses(steps)).toContain("retrieve-transactions: success");
  const starts = since().calls.filter(({ operation, reply }) => operation === "StartExecution" && reply);
  expect(starts.map(({ by }) => by?.entry)).toEqual([SWEEP]);

  sweepsHang = true;
  await hung.promise;
  await system.close();
  await expect(backend.send("GET", "/health")).rejects.toThrow();
});
