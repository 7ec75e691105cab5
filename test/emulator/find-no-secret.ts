import { type SFNClient, StartExecutionCommand, StopExecutionCommand } from "@aws-sdk/client-sfn";
import { type Execution, readExecutions } from "./executions.ts";
import { readLogs, writeLog } from "./logs.ts";
import type { Environment } from "./programs.ts";
import { secretsFound } from "./search-secrets.ts";

export interface Searched {
  client: SFNClient;
  stateMachineArn: string;
  commands: Environment;
}

/** One for each way in which a secret could be written. */
const PLANTED = {
  asItIs: "planted-as-it-is",
  inJson: 'planted "in" JSON\\',
  inBase64: "planted in base64",
};

/** Throws when one of the secrets stands in an execution or in a log, or when the search finds none that is planted there. */
export async function findNoSecret(searched: Searched, executions: readonly Execution[], sent: Set<string>) {
  const logs = await readLogs(searched.commands);
  expectFound("a history", inHistories(executions, sent), []);
  expectFound("a log", inLogs(logs, sent), []);
  await plant(searched);
  const all = new Set([...sent, ...Object.values(PLANTED)]);
  const planted = await readExecutions(searched.client, searched.stateMachineArn);
  expectFound("a history with secrets", inHistories(planted, all), Object.values(PLANTED));
  const plantedLogs = await readLogs(searched.commands);
  expectFound("a log with secrets", inLogs(plantedLogs, all), Object.values(PLANTED));
  const events = executions.reduce((sum, { history }) => sum + history.length, 0);
  return { events, logLines: logs.length };
}

function inHistories(executions: readonly Execution[], secrets: Set<string>): string[] {
  return secretsFound(executions.map((execution) => JSON.stringify(execution)).join("\n"), secrets);
}

/** Metrics name banks, and one answer at the sandbox is the id of a bank. */
const BANK_OF_A_METRIC = /"Institution":"[^"]*"/g;

function inLogs(lines: readonly string[], secrets: Set<string>): string[] {
  return secretsFound(lines.join("\n").replaceAll(BANK_OF_A_METRIC, ""), secrets);
}

/** The secrets are the published ones of the sandbox's users: they may be named. */
function expectFound(where: string, found: readonly string[], expected: readonly string[]): void {
  const wrong = [
    ...found.filter((secret) => !expected.includes(secret)).map((secret) => `stands in ${where}: ${secret}`),
    ...expected
      .filter((secret) => !found.includes(secret))
      .map((secret) => `not found in ${where}: ${secret}`),
  ];
  if (wrong.length > 0) throw new Error(wrong.join("\n"));
}

async function plant({ client, stateMachineArn, commands }: Searched): Promise<void> {
  const { asItIs, inJson, inBase64 } = PLANTED;
  const encoded = Buffer.from(JSON.stringify({ text: inBase64 })).toString("base64");
  const message = JSON.stringify({ asItIs, inJson: JSON.stringify({ text: inJson }), encoded });
  await writeLog(commands, message);
  const { executionArn } = await client.send(new StartExecutionCommand({ stateMachineArn, input: message }));
  await client.send(new StopExecutionCommand({ executionArn }));
}
