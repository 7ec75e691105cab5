import { type DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { type SFNClient, StartExecutionCommand, StopExecutionCommand } from "@aws-sdk/client-sfn";
import { type Canary, textCanary } from "../canaries/canary.ts";
import { type Finding, type Sink, scannerFor } from "../canaries/scanner.ts";
import { allRows, inJson, type TableRows } from "../support/all-rows.ts";
import { type Execution, readExecutions } from "./executions.ts";
import { readLogs, writeLog } from "./logs.ts";
import type { Environment } from "./programs.ts";

export interface Searched {
  client: SFNClient;
  dynamo: DynamoDBClient;
  stateMachineArn: string;
  commands: Environment;
}

/** Throws when one of the canaries stands in an execution, a log or a table, or when the search finds none that is planted there. */
export async function findNoSecret(
  searched: Searched,
  executions: readonly Execution[],
  sent: readonly Canary[],
) {
  const logs = await readLogs(searched.commands);
  const tables = await allRows(searched.dynamo);
  const scanner = scannerFor(sent);
  const found = sinksOf(executions, logs, tables)
    .flatMap(scanner.scan)
    .filter((finding) => !isMeant(finding));
  if (found.length > 0) throw new Error(found.map(inWords).join("\n"));
  await findPlanted(searched, tables);
  return {
    needles: scanner.needles,
    events: executions.reduce((sum, { history }) => sum + history.length, 0),
    logLines: logs.length,
    rows: tables.reduce((sum, { rows }) => sum + rows.length, 0),
  };
}

function sinksOf(
  executions: readonly Execution[],
  logs: readonly string[],
  tables: readonly TableRows[],
): Sink[] {
  return [
    { name: "histories", content: JSON.stringify(executions) },
    { name: "logs", content: logs.join("\n") },
    ...tables.map(({ table, rows }) => ({ name: `table ${table}`, content: inJson(rows) })),
  ];
}

/** API keys are known by their SHA-256. */
function isMeant({ canary, form, sink }: Finding): boolean {
  return canary.name === "API key" && form === "sha256 in hex" && sink.startsWith("table ");
}

function inWords({ canary, form, sink }: Finding): string {
  return `${canary.name} stands in ${sink}: ${form}`;
}

/** A leak in each of them, in more than one way of writing. */
async function findPlanted(searched: Searched, tables: readonly TableRows[]): Promise<void> {
  const { client, dynamo, stateMachineArn, commands } = searched;
  const planted = ["as it is", "in JSON", "in base64"].map((how) => textCanary(`planted ${how}`));
  const [asItIs, inJson, encoded] = planted.map(({ text }) => text);
  const message = JSON.stringify({
    asItIs,
    inJson: JSON.stringify({ inJson }),
    encoded: Buffer.from(JSON.stringify({ encoded })).toString("base64"),
  });
  await writeLog(commands, message);
  const { executionArn } = await client.send(new StartExecutionCommand({ stateMachineArn, input: message }));
  await client.send(new StopExecutionCommand({ executionArn }));
  const [first] = tables.filter(({ rows }) => rows.length > 0);
  const [row] = first?.rows ?? [];
  await dynamo.send(
    new PutItemCommand({ TableName: first?.table, Item: { ...row, planted: { S: message } } }),
  );

  const sinks = sinksOf(
    await readExecutions(client, stateMachineArn),
    await readLogs(commands),
    await allRows(dynamo),
  );
  const found = sinks.flatMap(scannerFor(planted).scan);
  const wanted = ["histories", "logs", `table ${first?.table}`];
  const missed = wanted.flatMap((sink) =>
    planted
      .filter((canary) => !found.some((finding) => finding.sink === sink && finding.canary === canary))
      .map(({ name }) => `Not found in ${sink}: ${name}`),
  );
  if (missed.length > 0) throw new Error(missed.join("\n"));
}
