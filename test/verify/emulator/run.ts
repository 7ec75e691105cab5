import "./localhost-names.ts";
import { randomUUID } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import type { Canary } from "../canaries/canary.ts";
import { exchangingUpstream } from "../canaries/exchanging-upstream.ts";
import { deployForTrials, tryTheAlarms } from "./alarms.ts";
import { dynamoAt, stepFunctionsAt } from "./aws.ts";
import {
  bootstrap,
  checkThatPoliciesCount,
  deploy,
  destroy,
  makeApiKey,
  makeUpstreamSecret,
  restoreUpstreamSecret,
  UPSTREAM_SECRET,
} from "./deployment.ts";
import { EXCEPTED_JOURNEYS } from "./exceptions.ts";
import { readExchanged } from "./exchanged-secrets.ts";
import { checkLeftovers, inventory, keysIn, meantToStay } from "./inventory.ts";
import { runJourneys } from "./journeys.ts";
import { followThePages } from "./pages.ts";
import {
  commandEnvironment,
  type Environment,
  emptyRunFolder,
  plainEnvironment,
  pythonPackages,
  Unavailable,
} from "./programs.ts";
import { findNoSecret } from "./secrets.ts";
import { startEmulator, startSandbox } from "./start.ts";
import { checkWalkedParts, readExecutions, seeTheSweeper, theStateMachine } from "./workflow.ts";

/** Nothing was proved, and nothing is wrong. */
const UNAVAILABLE_EXIT_CODE = 75;
/** Whatever hangs is ended, and the proof is to be one that is run. The packages' first installation is not counted. */
const OVER_WITHIN_MS = 20 * 60_000;
const TRIALS_OVER_WITHIN_MS = 60 * 60_000;

/** The parts of the proof that can run alone, and what is no part of it: the trials of the runbooks. */
const ALONE = ["pages", "journeys", "alarms"];

/** The whole proof, in its order, or one part of it. Throws at the first thing that is not as it should be. */
async function prove(folder: string, pythonPrograms: string, part?: string): Promise<void> {
  const plain = plainEnvironment(folder, pythonPrograms);
  const upstreamApiKey = randomUUID();
  const endpoint = await phase("emulator", () => startEmulator(plain, folder), { seen: String });
  const sandboxUrl = await phase("sandbox", () => startSandbox(plain, folder, upstreamApiKey), {
    seen: String,
  });
  const commands = commandEnvironment(plain, endpoint);
  await phase("cdk bootstrap", () => bootstrap(commands));
  const empty = await inventory(commands);
  if (part !== "journeys") {
    await phase("pages", () => followThePages(commands, upstreamApiKey), {
      seen: ({ length }) => `${length - 1} commands as written, and the trips of clients`,
    });
    await phase("secret restored", () => restoreUpstreamSecret(commands));
  } else await phase("secret", () => makeUpstreamSecret(commands, upstreamApiKey));
  const before = await inventory(commands);
  checkLeftovers(empty, before, [`secret ${UPSTREAM_SECRET}`, ...keysIn(before)]);
  if (part !== "pages")
    await proveJourneys({ commands, folder, endpoint, sandboxUrl, upstreamApiKey, before });
}

interface Prepared {
  commands: Environment;
  folder: string;
  endpoint: string;
  sandboxUrl: string;
  upstreamApiKey: string;
  /** What there is before the deployment. */
  before: Set<string>;
}

/** Deploys, runs the journeys, looks at what they left, and removes the deployment. */
async function proveJourneys(prepared: Prepared): Promise<void> {
  const { commands, folder, endpoint, sandboxUrl, upstreamApiKey, before } = prepared;
  const record = join(folder, "secrets-sent");
  writeFileSync(record, "");
  const upstreamTokens: Canary[] = [];
  const upstream = await exchangingUpstream({
    sandboxUrl,
    originalOf: (text) => readExchanged(record).originals.get(text) ?? text,
    gives: (text) => upstreamTokens.push({ name: "access token of upstream", text }),
  });
  const deployment = { commands, folder, context: { upstreamUrl: upstream.url, logLevel: "debug" } };

  const { stackName, apiUrl } = await phase("cdk deploy", () => deploy(deployment), {
    seen: (deployed) => deployed.apiUrl,
  });
  const stored = await phase("what there is", () => meantToStay(commands, stackName), {
    seen: (things) => `${things.length} are meant to stay`,
  });

  const apiKey = await phase("API key", () => makeApiKey(commands, stackName));
  const target = { apiUrl, sandboxUrl, apiKey, sandboxKey: upstreamApiKey };
  await phase("journeys", () => runJourneys(commands, folder, target, record), {
    seen: ({ files, passed }) => `${passed} in ${files} files, ${EXCEPTED_JOURNEYS.length} excepted`,
  });
  await phase("sweeper", () => seeTheSweeper(endpoint, target), {
    seen: (state) => `its execution ${state}`,
  });
  await phase("policies count", () => checkThatPoliciesCount(commands, target));
  const { canaries } = readExchanged(record);
  const arrived = canaries.filter(({ text }) => upstream.arrived.has(text)).length;
  if (arrived === 0) throw new Error("No canary has reached the bank's side.");

  const client = stepFunctionsAt(endpoint);
  const dynamo = dynamoAt(endpoint);
  const stateMachineArn = await theStateMachine(client);
  const executions = await phase("executions", () => readExecutions(client, stateMachineArn), {
    seen: ({ length }) => `${length} read`,
  });
  // For whoever wants to know why the rest failed.
  writeFileSync(join(folder, "executions.json"), JSON.stringify(executions, undefined, 2));
  await phase("workflow", () => checkWalkedParts(client, stateMachineArn, executions), {
    seen: ({ walked, parts, excepted }) => `${walked} of ${parts} parts walked, ${excepted} excepted`,
  });
  const keys = [
    { name: "API key", text: apiKey },
    { name: "API key of upstream", text: upstreamApiKey },
  ];
  const secrets = [...canaries, ...upstreamTokens, ...keys];
  await phase("secrets", () => findNoSecret({ client, dynamo, stateMachineArn, commands }, secrets), {
    seen: ({ needles, events, logLines, rows }) =>
      `none of ${secrets.length}, of which ${arrived} went as far as the bank, in ${needles} ways of writing them, ` +
      `in ${events} events, ${logLines} log lines and ${rows} rows; each planted one was found`,
  });
  client.destroy();
  dynamo.destroy();

  await phase("cdk destroy", () => destroy(deployment));
  await phase("what is left", async () => checkLeftovers(before, await inventory(commands), stored), {
    seen: () => stored.join(", "),
  });
}

/** Tries the page of runbooks: the sections of the named alarms, or all. Throws if a trial fails, after all others. */
async function proveRunbooks(
  folder: string,
  pythonPrograms: string,
  names: readonly string[],
): Promise<void> {
  const deployed = await phase("deployment", () => deployForTrials(folder, pythonPrograms), {
    seen: ({ target }) => target.apiUrl,
  });
  const failed = await tryTheAlarms(deployed, say, names);
  if (failed.length > 0) throw new Error(`Failed: ${failed.join(", ")}.`);
}

interface PhaseOptions<Result> {
  /** What there is to say of the result. */
  seen?: (result: Result) => string;
}

/** Does a part of the proof, and says in one line how long it took and what it saw. */
async function phase<Result>(
  name: string,
  work: () => Promise<Result>,
  { seen = () => "" }: PhaseOptions<Result> = {},
): Promise<Result> {
  const startedAt = performance.now();
  const line = (text: string) =>
    say(`${secondsSince(startedAt)}  ${text === "" ? name : `${name}: ${text}`}`);
  const result = await work().catch((error: unknown) => {
    if (!(error instanceof Unavailable)) line("failed");
    throw error;
  });
  line(seen(result));
  return result;
}

function secondsSince(startedAt: number): string {
  return `${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function end(exitCode: number, text: string): void {
  say(text);
  process.exit(exitCode);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => process.exit(128 + constants.signals[signal]));
}
// npm passes a signal on to a shell that keeps it for itself.
const startedBy = process.ppid;
setInterval(() => process.ppid === startedBy || end(1, "Who started this has ended."), 500).unref();

/**
 * Without an argument, the whole proof; with one, that part. After the word `alarms`, the names of the alarms whose runbooks are tried, or
 * none for all.
 */
const [what, ...names] = process.argv.slice(2);
if (what !== undefined && !ALONE.includes(what))
  end(1, `Not known: ${what}. Nothing, or one of ${ALONE.join(", ")}.`);
const withinMs = what === "alarms" ? TRIALS_OVER_WITHIN_MS : OVER_WITHIN_MS;
const startedAt = performance.now();
try {
  const pythonPrograms = await phase("Python packages", pythonPackages);
  setTimeout(() => end(1, `Not over after ${withinMs / 60_000} minutes.`), withinMs).unref();
  const folder = emptyRunFolder();
  await (what === "alarms"
    ? proveRunbooks(folder, pythonPrograms, names)
    : prove(folder, pythonPrograms, what));
  rmSync(folder, { recursive: true, force: true });
  const result = what === "alarms" ? "The runbooks hold." : "The stack deploys, works and goes.";
  end(0, `${secondsSince(startedAt)}  in all. ${result}`);
} catch (error) {
  if (error instanceof Unavailable) end(UNAVAILABLE_EXIT_CODE, `Not run. ${error.message}`);
  end(1, `${error instanceof Error ? error.message : error}\nWhat there is to read about it: .emulator/run`);
}
