import { DescribeTableCommand, type DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { type SFNClient, StartExecutionCommand, StopExecutionCommand } from "@aws-sdk/client-sfn";
import { allRows, inJson } from "../../support/local-aws.ts";
import { type Canary, textCanary } from "../canaries/canary.ts";
import { functionsHeard } from "../canaries/functions-heard.ts";
import { type Sink, scannerFor } from "../canaries/scanner.ts";
import { isNightly } from "../support/nightly.ts";
import { readLogs, writeLog } from "./aws.ts";
import { SILENT_FUNCTIONS } from "./exceptions.ts";
import type { Environment } from "./programs.ts";
import { readExecutions } from "./workflow.ts";

interface Searched {
  client: SFNClient;
  dynamo: DynamoDBClient;
  stateMachineArn: string;
  commands: Environment;
}

/**
 * Throws when one of the canaries stands in an execution, a log or a table, when there is too little to search, or when the search
 * finds none that is planted there.
 */
export async function findNoSecret(searched: Searched, sent: readonly Canary[]) {
  const left = await readAll(searched);
  const counts = checkThereIsEnough(left);
  const scanner = scannerFor(sent);
  const found = sinksOf(left).flatMap(scanner.scan);
  // API keys are known by their SHA-256.
  const leaks = found.filter(
    ({ canary, form, sink }) =>
      canary.name !== "API key" || form !== "sha256 in hex" || !sink.startsWith("table "),
  );
  if (leaks.length > 0) {
    throw new Error(
      leaks.map(({ canary, form, sink }) => `${canary.name} stands in ${sink}: ${form}`).join("\n"),
    );
  }
  await findPlanted(
    searched,
    left.tables.map(({ table }) => table),
  );
  return { needles: scanner.needles, ...counts };
}

type Left = Awaited<ReturnType<typeof readAll>>;

/** What the journeys have left. */
async function readAll({ client, dynamo, stateMachineArn, commands }: Searched) {
  const executions = await readExecutions(client, stateMachineArn);
  return { executions, logs: await readLogs(commands), tables: await allRows(dynamo) };
}

function sinksOf({ executions, logs, tables }: Left): Sink[] {
  return [
    { name: "histories", content: JSON.stringify(executions) },
    ...logs.map(({ group, lines }) => ({ name: `log ${group}`, content: lines.join("\n") })),
    ...tables.map(({ table, rows }) => ({ name: `table ${table}`, content: inJson(rows) })),
  ];
}

/** What the journeys leave at least: with less, a search that finds nothing says nothing. */
const MIN = { executions: 50, events: 500, logLines: 500, debugLines: 50, rows: 50 };

function checkThereIsEnough({ executions, logs, tables }: Left): typeof MIN {
  const lines = logs.flatMap((group) => group.lines);
  const { silent, levels } = functionsHeard(lines);
  const counts = {
    executions: executions.length,
    events: executions.flatMap(({ history }) => history).length,
    logLines: lines.length,
    debugLines: levels["debug"] ?? 0,
    rows: tables.flatMap(({ rows }) => rows).length,
  };
  const names = ["executions", "events", "logLines", "debugLines", "rows"] as const;
  const faults = [
    ...names.filter((name) => counts[name] < MIN[name]).map((name) => `${name}: ${counts[name]}`),
    ...executions.filter(({ history }) => history.length === 0).map(({ name }) => `No history: ${name}`),
    ...silent
      .filter((name) => isNightly && !SILENT_FUNCTIONS.includes(name))
      .map((name) => `Not a line of ${name}`),
    ...SILENT_FUNCTIONS.filter((name) => !silent.includes(name)).map((name) => `A line of ${name}`),
  ];
  if (faults.length > 0) throw new Error(`Not what was to be searched:\n${faults.join("\n")}`);
  return counts;
}

/** A leak in each kind of them, and in each table, in more than one way of writing. */
async function findPlanted(searched: Searched, tables: readonly string[]): Promise<void> {
  const { client, dynamo, stateMachineArn, commands } = searched;
  const planted = ["as it is", "in JSON", "in base64"].map((how) => textCanary(`planted ${how}`));
  const [asItIs, inJson, encoded] = planted.map(({ text }) => text);
  const message = JSON.stringify({
    asItIs,
    inJson: JSON.stringify({ inJson }),
    encoded: Buffer.from(JSON.stringify({ encoded })).toString("base64"),
  });
  const group = await writeLog(commands, message);
  const { executionArn } = await client.send(new StartExecutionCommand({ stateMachineArn, input: message }));
  await client.send(new StopExecutionCommand({ executionArn }));
  for (const table of tables) await plantRow(dynamo, table, message);

  const found = sinksOf(await readAll(searched)).flatMap(scannerFor(planted).scan);
  const wanted = ["histories", `log ${group}`, ...tables.map((table) => `table ${table}`)];
  const missed = wanted.flatMap((sink) =>
    planted
      .filter((canary) => !found.some((finding) => finding.sink === sink && finding.canary === canary))
      .map(({ name }) => `Not found in ${sink}: ${name}`),
  );
  if (missed.length > 0) throw new Error(missed.join("\n"));
}

/** A table may be empty once all jobs are over: the row has the table's own key, whatever that is. */
async function plantRow(dynamo: DynamoDBClient, TableName: string, message: string): Promise<void> {
  const { Table } = await dynamo.send(new DescribeTableCommand({ TableName }));
  const key = (Table?.KeySchema ?? []).map(({ AttributeName = "" }) => [AttributeName, { S: "planted" }]);
  const Item = { ...Object.fromEntries(key), planted: { S: message } };
  await dynamo.send(new PutItemCommand({ TableName, Item }));
}
