import "./localhost-names.ts";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { StopExecutionCommand } from "@aws-sdk/client-sfn";
import { beforeAll, beforeEach } from "vitest";
import * as z from "zod";
import { endpointOf, ROUTE_NAMES, ROUTES } from "../../../functions/routes.ts";
import { cancel } from "../../journeys/calls.ts";
import { MobileBackend } from "../../journeys/mobile-backend.ts";
import { stepFunctionsAt } from "./aws.ts";
import { EXCEPTED_JOURNEYS } from "./exceptions.ts";
import { exchangeSecrets } from "./exchanged-secrets.ts";
import { listExecutions, theStateMachine } from "./workflow.ts";

/* For every file of journeys: they share one deployment and one sandbox, and none may meet what another left. */

const FRESH_WITHIN_MS = 60_000;
/** A function that runs when its execution is stopped goes on to its end. It calls the bank far more often. */
const QUIET_MS = 600;
const ledger = z.object({ calls: z.array(z.unknown()) });

const environment = z.object({
  AWS_ENDPOINT_URL: z.url(),
  TARGET_API_URL: z.url(),
  TARGET_SANDBOX_URL: z.url(),
  TARGET_API_KEY: z.string(),
  /** The file in which is written down what secrets were exchanged for. */
  SECRETS_SENT: z.string(),
});
const { AWS_ENDPOINT_URL, SECRETS_SENT, ...target } = environment.parse(process.env);
const { TARGET_API_URL: apiUrl, TARGET_SANDBOX_URL: sandboxUrl, TARGET_API_KEY: apiKey } = target;
const excepted = new Set(EXCEPTED_JOURNEYS.map(({ test }) => test));

exchangeSecrets(SECRETS_SENT);

/** Ends the jobs that a file left and forgets what the bank knows of them, and has every function started twice. */
beforeAll(async () => {
  await endJobs();
  await quiet();
  await fetch(`${sandboxUrl}/_control`, { method: "DELETE" });
  await warmUp();
}, FRESH_WITHIN_MS);

beforeEach(({ task }) => {
  // Then a test that passes is a failure.
  if (excepted.has(nameOfTest(task))) Object.assign(task, { fails: true });
});

interface Named {
  name: string;
  suite?: Named | undefined;
  file: { filepath: string };
}

/** File, blocks and test, as vitest prints them. */
function nameOfTest({ name, suite, file }: Named): string {
  const blocks: string[] = [];
  for (let block = suite; block !== undefined; block = block.suite) blocks.unshift(block.name);
  return [basename(file.filepath), ...blocks, name].join(" > ");
}

/** Cancels them: one whose execution is only stopped is taken up again by the sweeper. */
async function endJobs(): Promise<void> {
  const client = stepFunctionsAt(AWS_ENDPOINT_URL);
  const backend = new MobileBackend({ apiUrl, sandboxUrl, apiKey });
  const stateMachineArn = await theStateMachine(client);
  const running = await listExecutions(client, stateMachineArn, { statusFilter: "RUNNING" });
  for (const { executionArn, name = "" } of running) {
    await cancel(backend, name.replace(/-\d+$/, ""));
    // Of a job that is over it may have been about to end.
    await client.send(new StopExecutionCommand({ executionArn })).catch(() => undefined);
  }
  client.destroy();
}

async function quiet(): Promise<void> {
  const count = async () =>
    ledger.parse(await (await fetch(`${sandboxUrl}/_control/ledger`)).json()).calls.length;
  for (let before = -1, now = await count(); now !== before; now = await count()) {
    before = now;
    await sleep(QUIET_MS);
  }
}

/** Two requests at once, as journeys make them, are to meet functions that have started. */
async function warmUp(): Promise<void> {
  const ofEachFunction = new Map(ROUTE_NAMES.map((name) => [endpointOf(name), ROUTES[name]]));
  for (const { method, path } of ofEachFunction.values()) {
    const url = `${apiUrl}${path.replaceAll(/\{\w+\}/g, "none")}`;
    await Promise.all([fetch(url, { method }), fetch(url, { method })]);
  }
}
