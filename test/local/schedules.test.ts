import { expect, test } from "vitest";
import type { Around } from "../../infra/local/function-host.ts";
import { newestJob } from "../journeys/calls.ts";
import { HOOLI, LOGINS } from "../journeys/logins.ts";
import { MobileBackend, statuses } from "../journeys/mobile-backend.ts";
import { startForTests } from "../journeys/start-for-tests.ts";
import { targetOf } from "../journeys/target.ts";
import { type AwsCall, awsRecorder } from "../support/aws-recorder.ts";

const SWEEP = "functions/jobs/workflow/sweep.lambda.ts";
/** The sweeper comes every 0.6 s, and a job is due 0.6 s after it was accepted. */
const TIME_SCALE = 100;

test("a job that nobody has started is started by the schedule, and closing does not wait for a run that hangs", async () => {
  const recorder = awsRecorder();
  let hangs = false;
  const hung = Promise.withResolvers<void>();
  const around: Around = (entry, event, run) => {
    if (entry !== SWEEP || !hangs) return recorder.around(entry, event, run);
    hung.resolve();
    return new Promise(() => undefined);
  };
  const system = await startForTests(TIME_SCALE, { around });
  await recorder.start();
  const backend = new MobileBackend(targetOf(system));
  const isStart = ({ by, operation }: AwsCall) =>
    operation === "StartExecution" && by?.entry.includes("/create-connection.") === true;
  recorder.fail(isStart, "AccessDeniedException");
  expect((await backend.connect(HOOLI, LOGINS.gavin)).status).toBe(500);

  const { steps } = await backend.untilOver(await newestJob(backend));
  expect(statuses(steps)).toContain("retrieve-transactions: success");
  const starts = recorder.calls.filter(({ operation, reply }) => operation === "StartExecution" && reply);
  expect(starts.map(({ by }) => by?.entry)).toEqual([SWEEP]);

  hangs = true;
  await hung.promise;
  await system.close();
  await expect(backend.send("GET", "/health")).rejects.toThrow();
  await recorder.close();
});
