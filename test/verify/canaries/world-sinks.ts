import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleEntries } from "../../../infra/bundling/bundle-entries.ts";
import { executionArn } from "../../support/aws-recorder.ts";
import { allRows, inJson } from "../../support/local-aws.ts";
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
    ...(await allRows()).map(({ table, rows }) => ({ name: `rows of ${table}`, content: inJson(rows) })),
    histories(world),
    {
      name: "ledger of the sandbox",
      content: await (await fetch(`${world.sandboxUrl}/_control/ledger`)).text(),
    },
  ];
}

/** The bundles of all functions, made while the canaries stand in the environment. */
export async function makeBundles() {
  const folder = mkdtempSync(join(tmpdir(), "bundles-"));
  await bundleEntries({ outdir: folder });
  return {
    folder,
    sinks: (): Sink[] => filesIn(folder).map(({ name, content }) => ({ name: `bundle ${name}`, content })),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** A line each. Their names, inputs and outputs are in the file of executions. */
function histories({ system, recorder }: CanaryWorld): Sink {
  const started = recorder.calls.filter(
    ({ operation, reply }) => operation === "StartExecution" && reply?.status === 200,
  );
  const [machine] = system.deployed.stateMachines;
  const arns = new Set(started.map(({ request }) => executionArn(machine?.arn, String(request["name"]))));
  const told = [...arns].map((arn) => JSON.stringify(system.stepFunctions.history(arn)));
  return { name: "histories of executions", content: told.join("\n") };
}

/** How many executions have begun, by the file that remembers them, and of how many the history is among the sinks. */
export function executionsTold(sinks: readonly Sink[]): { begun: number; told: number } {
  return {
    begun: linesOf(sinks, "executions.jsonl").filter((line) => line.startsWith('{"started":')).length,
    told: linesOf(sinks, "histories of executions").filter((line) => line.includes('"ExecutionStarted"'))
      .length,
  };
}

/** Of the sinks of that name. */
export function linesOf(sinks: readonly Sink[], name: string): string[] {
  const named = sinks.filter((sink) => sink.name === name);
  return named.flatMap(({ content }) => Buffer.from(content).toString().split("\n"));
}
