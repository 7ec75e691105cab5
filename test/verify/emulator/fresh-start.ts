import { setTimeout as sleep } from "node:timers/promises";
import { StopExecutionCommand } from "@aws-sdk/client-sfn";
import * as z from "zod";
import { cancel } from "../../journeys/calls.ts";
import { MobileBackend } from "../../journeys/mobile-backend.ts";
import { listExecutions, stepFunctionsAt, theStateMachine } from "./executions.ts";
import { journeysEnvironment } from "./journeys-environment.ts";

/** A function that runs when its execution is stopped goes on to its end. It calls the bank far more often. */
const QUIET_MS = 600;
const ledger = z.object({ calls: z.array(z.unknown()) });

/** Ends the jobs that a file left and forgets what the bank knows of them, and has every function started twice. */
export async function freshStart(): Promise<void> {
  const { TARGET_SANDBOX_URL: sandbox } = journeysEnvironment();
  await endJobs();
  await quiet(sandbox);
  await fetch(`${sandbox}/_control`, { method: "DELETE" });
  await warmUp();
}

/** Cancels them: one whose execution is only stopped is taken up again by the sweeper. */
async function endJobs(): Promise<void> {
  const { AWS_ENDPOINT_URL, TARGET_API_URL: apiUrl, TARGET_SANDBOX_URL: sandboxUrl } = journeysEnvironment();
  const client = stepFunctionsAt(AWS_ENDPOINT_URL);
  const backend = new MobileBackend({ apiUrl, sandboxUrl, apiKey: journeysEnvironment().TARGET_API_KEY });
  for (const { executionArn, name = "" } of await listExecutions(
    client,
    await theStateMachine(client),
    "RUNNING",
  )) {
    await cancel(backend, name.replace(/-\d+$/, ""));
    // Of a job that is over it may have been about to end.
    await client.send(new StopExecutionCommand({ executionArn })).catch(() => undefined);
  }
  client.destroy();
}

async function quiet(sandbox: string): Promise<void> {
  const count = async () =>
    ledger.parse(await (await fetch(`${sandbox}/_control/ledger`)).json()).calls.length;
  for (let before = -1, now = await count(); now !== before; now = await count()) {
    before = now;
    await sleep(QUIET_MS);
  }
}

/** Two requests at once, as journeys make them, are to meet functions that have started. */
async function warmUp(): Promise<void> {
  const { TARGET_API_URL: api } = journeysEnvironment();
  const requests = [
    ["POST", "/token"],
    ["POST", "/users/nobody/connections"],
    ["POST", "/users/nobody/connections/none"],
    ["POST", "/users/nobody/connections/none/refresh"],
    ["POST", "/users/nobody/connections/refresh"],
    ["GET", "/users/nobody/jobs"],
    ["GET", "/jobs/none"],
    ["DELETE", "/jobs/none"],
    ["POST", "/jobs/none/mfa"],
    ["POST", "/jobs/none/resume"],
  ] as const;
  for (const [method, path] of requests) {
    await Promise.all([fetch(`${api}${path}`, { method }), fetch(`${api}${path}`, { method })]);
  }
}
