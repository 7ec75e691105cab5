import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleEntries } from "../../infra/bundling/bundle-entries.ts";
import { allRows, inJson } from "../support/all-rows.ts";
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
    ...(await allRows()).map(({ table, rows }) => ({ name: `rows of ${table}`, content: inJson(rows) })),
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
