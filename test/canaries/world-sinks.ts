import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DynamoDBClient, paginateScan } from "@aws-sdk/client-dynamodb";
import { bundleEntries } from "../../infra/bundling/bundle-entries.ts";
import { executionArn } from "../support/execution-arn.ts";
import { awsSinks } from "./aws-sinks.ts";
import type { CanaryWorld } from "./canary-world.ts";
import { filesIn } from "./file-sinks.ts";
import type { Sink } from "./scanner.ts";

/** Everything that was said or is kept, by now. */
export async function sinksOf(world: CanaryWorld): Promise<Sink[]> {
  // To look into the tables is no call of ours.
  const calls = world.recorder.calls.filter(({ by, operation }) => by !== undefined || operation !== "Scan");
  return [...world.book.sinks(), ...awsSinks(calls), ...(await keptSinks(world))];
}

/** What is kept, by now. */
export async function keptSinks(world: CanaryWorld): Promise<Sink[]> {
  return [
    ...filesIn(world.folder),
    ...(await rows(world)).map(({ table, items }) => ({
      name: `rows of ${table}`,
      content: JSON.stringify(items, withBytes),
    })),
    histories(world),
    {
      name: "ledger of the sandbox",
      content: await (await fetch(`${world.sandboxUrl}/_control/ledger`)).text(),
    },
  ];
}

/** The bundles of all functions, made while the canaries stand in the environment. `into` may write something into them. */
export async function bundleSinks(into: (folder: string) => void = () => undefined): Promise<Sink[]> {
  const outdir = mkdtempSync(join(tmpdir(), "bundles-"));
  try {
    await bundleEntries({ outdir });
    into(outdir);
    return filesIn(outdir).map(({ name, content }) => ({ name: `bundle ${name}`, content }));
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

export async function rows({ system }: CanaryWorld) {
  const client = new DynamoDBClient({});
  const read = system.deployed.tables.map(async ({ TableName = "" }) => {
    const items = [];
    for await (const { Items = [] } of paginateScan({ client }, { TableName, ConsistentRead: true }))
      items.push(...Items);
    return { table: TableName, items };
  });
  return Promise.all(read).finally(() => client.destroy());
}

/** Bytes as base64, as DynamoDB sends them. */
function withBytes(_: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value;
}

/** Their names, inputs and outputs are in the file of executions. */
function histories({ system, recorder }: CanaryWorld): Sink {
  const started = recorder.calls.filter(({ operation }) => operation === "StartExecution");
  const [machine] = system.deployed.stateMachines;
  const arns = new Set(started.map(({ request }) => executionArn(machine?.arn, String(request["name"]))));
  const told = [...arns].map((arn) => {
    try {
      return JSON.stringify(system.stepFunctions.history(arn));
    } catch {
      // One that was refused.
      return "";
    }
  });
  return { name: "histories of executions", content: told.join("\n") };
}
