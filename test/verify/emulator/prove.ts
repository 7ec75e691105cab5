import "./localhost-names.ts";
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Canary } from "../canaries/canary.ts";
import { exchangingUpstream } from "../canaries/exchanging-upstream.ts";
import { commandEnvironment, plainEnvironment } from "./command-environment.ts";
import { bootstrap, deploy, destroy, restoreUpstreamSecret } from "./deployment.ts";
import { dynamoAt } from "./dynamo-at.ts";
import { EXCEPTED_JOURNEYS } from "./exceptions.ts";
import { readExchanged } from "./exchanged-secrets.ts";
import { deployedDefinition, readExecutions, stepFunctionsAt, theStateMachine } from "./executions.ts";
import { findNoSecret } from "./find-no-secret.ts";
import { followThePages } from "./follow-the-pages.ts";
import { checkLeftovers, inventory, keysIn, meantToStay } from "./inventory.ts";
import { runJourneys } from "./journeys.ts";
import { makeApiKey } from "./make-api-key.ts";
import { phase } from "./phase.ts";
import { checkThatPoliciesCount } from "./policies-count.ts";
import type { Environment } from "./programs.ts";
import { seeTheSweeper } from "./see-the-sweeper.ts";
import { startEmulator } from "./start-emulator.ts";
import { startSandbox } from "./start-sandbox.ts";
import { checkWalkedParts } from "./walked-parts.ts";

/** The secret that docs/deploy.md has an operator make; it is none of the stack. */
const UPSTREAM_SECRET = "secret connection-jobs/upstream-api-key";

const DEPLOYED_WITHIN_SECONDS = 60;

/** The whole proof, in its order. Throws at the first thing that is not as it should be. */
export async function prove(folder: string, pythonPrograms: string): Promise<void> {
  const plain = plainEnvironment(folder, pythonPrograms);
  const upstreamApiKey = randomUUID();
  const endpoint = await phase("emulator", () => startEmulator(plain, folder), { seen: String });
  const sandboxUrl = await phase("sandbox", () => startSandbox(plain, folder, upstreamApiKey), {
    seen: String,
  });
  const commands = commandEnvironment(plain, endpoint);
  const record = join(folder, "secrets-sent");
  writeFileSync(record, "");
  const upstreamTokens: Canary[] = [];
  const upstream = await exchangingUpstream({
    sandboxUrl,
    originalOf: (text) => readExchanged(record).originals.get(text) ?? text,
    gives: (text) => upstreamTokens.push({ name: "access token of upstream", text }),
  });
  const deployment = { commands, folder, context: { upstreamUrl: upstream.url, logLevel: "debug" } };

  await phase("cdk bootstrap", () => bootstrap(commands));
  const empty = await inventory(commands);
  await phase("pages", () => followThePages(commands, upstreamApiKey), {
    seen: ({ length }) => `${length} commands as written`,
  });
  await phase("secret restored", () => restoreUpstreamSecret(commands));
  const before = await inventory(commands);
  checkLeftovers(empty, before, [UPSTREAM_SECRET, ...keysIn(before)]);
  const { stackName, ApiUrl } = await phase("cdk deploy", () => deploy(deployment), {
    withinSeconds: DEPLOYED_WITHIN_SECONDS,
    seen: ({ ApiUrl }) => ApiUrl,
  });
  const kept = await phase("what there is", () => meantToStay(commands, stackName), {
    seen: (things) => `${things.length} are meant to stay`,
  });

  const apiKey = await phase("API key", () => makeApiKey(commands, stackName));
  const target = { apiUrl: ApiUrl, sandboxUrl, apiKey };
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
  const keys = [
    { name: "API key", text: apiKey },
    { name: "API key of upstream", text: upstreamApiKey },
  ];
  await checkExecutions({ commands, endpoint, folder }, [...canaries, ...upstreamTokens, ...keys], arrived);

  await phase("cdk destroy", () => destroy(deployment));
  await phase("what is left", async () => checkLeftovers(before, await inventory(commands), kept), {
    seen: () => kept.join(", "),
  });
}

interface Proof {
  commands: Environment;
  endpoint: string;
  folder: string;
}

async function checkExecutions(
  { commands, endpoint, folder }: Proof,
  canaries: readonly Canary[],
  arrived: number,
): Promise<void> {
  const client = stepFunctionsAt(endpoint);
  const dynamo = dynamoAt(endpoint);
  const stateMachineArn = await theStateMachine(client);
  const executions = await phase("executions", () => readExecutions(client, stateMachineArn), {
    seen: ({ length }) => `${length} read`,
  });
  // For whoever wants to know why the rest failed.
  writeFileSync(join(folder, "executions.json"), JSON.stringify(executions, undefined, 2));
  const walk = async () => checkWalkedParts(await deployedDefinition(client, stateMachineArn), executions);
  await phase("workflow", walk, {
    seen: ({ walked, parts, excepted }) => `${walked} of ${parts} parts walked, ${excepted} excepted`,
  });
  const search = () => findNoSecret({ client, dynamo, stateMachineArn, commands }, executions, canaries);
  await phase("secrets", search, {
    seen: ({ needles, events, logLines, rows }) =>
      `none of ${canaries.length}, of which ${arrived} went as far as the bank, in ${needles} ways of writing them, ` +
      `in ${events} events, ${logLines} log lines and ${rows} rows; each planted one was found`,
  });
  client.destroy();
  dynamo.destroy();
}
