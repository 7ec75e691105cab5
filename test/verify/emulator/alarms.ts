import { randomUUID } from "node:crypto";
import { RUNBOOKS_PAGE, textOf } from "../../docs/pages.ts";
import { FUNCTIONS_AT_ONCE, TRIALS } from "./alarm-trials.ts";
import { bootstrap, deploy, makeApiKey, makeUpstreamSecret } from "./deployment.ts";
import { type Deployed, Operator } from "./operator.ts";
import { commandEnvironment, plainEnvironment } from "./programs.ts";
import { receiverVariables, startReceiver } from "./receiver.ts";
import { sectionsOf } from "./runbooks.ts";
import { startEmulator, startSandbox } from "./start.ts";

/** Alarms whose cause cannot be made here, or whose section cannot be followed here, and why. */
const NOT_TRIED: ReadonlyMap<string, string> = new Map();

/** Starts everything, and deploys once. */
export async function deployForTrials(folder: string, pythonPrograms: string): Promise<Deployed> {
  const plain = plainEnvironment(folder, pythonPrograms);
  const sandboxKey = randomUUID();
  const receiver = await startReceiver(folder);
  const endpoint = await startEmulator(plain, folder, {
    variables: { ...receiverVariables(folder), LAMBDA_ACCOUNT_CONCURRENCY: String(FUNCTIONS_AT_ONCE) },
    imports: [import.meta.resolve("./receiver-names.ts")],
  });
  const commands = commandEnvironment(plain, endpoint);
  const sandboxUrl = await startSandbox(plain, folder, sandboxKey);
  await bootstrap(commands);
  await makeUpstreamSecret(commands, sandboxKey);
  const context = { upstreamUrl: sandboxUrl, eventBus: "true" };
  const { stackName, apiUrl } = await deploy({ commands, folder, context });
  const apiKey = await makeApiKey(commands, stackName);
  return { commands, stackName, receiver, target: { apiUrl, sandboxUrl, apiKey, sandboxKey } };
}

/**
 * Tries the sections of the page of runbooks, those of the named alarms or all. Says in a line for each alarm what was seen, and
 * goes on after a failure. Returns what has failed.
 */
export async function tryTheAlarms(
  deployed: Deployed,
  say: (text: string) => void,
  names: readonly string[] = [],
): Promise<string[]> {
  const unknown = names.filter((name) => !(name in TRIALS));
  if (unknown.length > 0) throw new Error(`No trial has the name ${unknown.join(" or ")}.`);
  const operator = new Operator(deployed);
  const failed: string[] = [];
  let tried = 0;
  for (const { alarms } of sectionsOf(textOf(RUNBOOKS_PAGE))) {
    const [name = ""] = alarms;
    if (NOT_TRIED.has(name) || (names.length > 0 && !names.includes(name))) continue;
    const startedAt = performance.now();
    const seen = await tryOne(operator, name).catch((error: unknown) => {
      failed.push(...alarms);
      return `FAILED: ${error instanceof Error ? error.message : error}`;
    });
    tried += alarms.length;
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1).padStart(6);
    for (const alarm of alarms) say(`${seconds} s  ${alarm}: ${seen}`);
  }
  say(`${tried} alarms tried, ${NOT_TRIED.size} not tried`);
  for (const [alarm, reason] of NOT_TRIED) say(`not tried: ${alarm}: ${reason}`);
  return failed;
}

async function tryOne(operator: Operator, name: string): Promise<string> {
  const trial = TRIALS[name];
  if (trial === undefined) throw new Error("There is no trial.");
  await operator.clearLogs();
  try {
    return await trial(operator);
  } finally {
    await operator.undoAll();
  }
}
