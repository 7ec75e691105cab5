import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { bundleEntries } from "../../../infra/bundling/bundle-entries.ts";
import { FRESH_CONNECTION } from "../../support/fresh-connection.ts";
import { allRows, inJson } from "../../support/local-aws.ts";
import { executionArn, type RecordedCall } from "../support/aws-recorder.ts";
import type { CanaryWorld } from "./canary-world.ts";
import { filesIn } from "./level-tables.ts";
import type { Sink } from "./scanner.ts";

/** What is searched of a system. */
export type SearchedWorld = Pick<CanaryWorld, "folder" | "book" | "recorder" | "sandboxUrl" | "system">;

/** Everything that was logged, sent or stored so far. */
export async function sinksOf(world: SearchedWorld): Promise<Sink[]> {
  // A scan without a function is this suite's own look into the tables.
  const calls = world.recorder.calls.filter(({ by, operation }) => by !== undefined || operation !== "Scan");
  return [...world.book.sinks(), ...awsSinks(calls), ...(await storedSinks(world))];
}

/** Everything that is stored now. */
export async function storedSinks(world: SearchedWorld): Promise<Sink[]> {
  const ledger = await fetch(`${world.sandboxUrl}/_control/ledger`, { headers: FRESH_CONNECTION });
  return [
    ...filesIn(world.folder),
    ...(await allRows()).map(({ table, rows }) => ({ name: `rows of ${table}`, content: inJson(rows) })),
    histories(world),
    { name: "ledger of the sandbox", content: await ledger.text() },
  ];
}

/** The bundles of all functions, made while the environment has the canaries. */
export async function makeBundles() {
  const folder = mkdtempSync(join(tmpdir(), "bundles-"));
  await bundleEntries({ outdir: folder });
  return {
    folder,
    sinks: (): Sink[] => filesIn(folder).map(({ name, content }) => ({ name: `bundle ${name}`, content })),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** The only fields in which a call of AWS may have a secret. */
const MEANT_FOR_SECRETS: { readonly [call: string]: { request?: string; reply?: string } } = {
  "kms Encrypt": { request: "Plaintext" },
  "kms Decrypt": { reply: "Plaintext" },
  // The header and claims of a token that is signed.
  "kms Sign": { request: "Message" },
  "states SendTaskSuccess": { request: "taskToken" },
  "secretsmanager GetSecretValue": { reply: "SecretString" },
};

/** The calls of our functions without the fields that are meant for secrets. They include encryption contexts. */
function awsSinks(calls: readonly RecordedCall[]): Sink[] {
  const byName = Map.groupBy(calls, ({ service, operation }) => `${service} ${operation}`);
  return [...byName].map(([name, ofName]) => {
    const meant = MEANT_FOR_SECRETS[name] ?? {};
    const lines = ofName.map(({ request, reply }) =>
      JSON.stringify([without(request, meant.request), without(reply?.body ?? {}, meant.reply)]),
    );
    return { name: `calls of ${name}`, content: lines.join("\n") };
  });
}

function without(fields: Record<string, unknown>, name = ""): object {
  return Object.fromEntries(Object.entries(fields).filter(([field]) => field !== name));
}

/** One line for each execution. Their names, inputs and outputs are in the file of executions. */
function histories({ system, recorder }: SearchedWorld): Sink {
  const started = recorder.calls.filter(
    ({ operation, reply }) => operation === "StartExecution" && reply?.status === 200,
  );
  const [machine] = system.deployed.stateMachines;
  const arns = new Set(started.map(({ request }) => executionArn(machine?.arn, String(request["name"]))));
  const lines = [...arns].map((arn) => JSON.stringify(system.stepFunctions.history(arn)));
  return { name: "histories of executions", content: lines.join("\n") };
}

/** How many executions began, and how many of them have their history among the sinks. */
export function executionsIn(sinks: readonly Sink[]): { begun: number; withHistory: number } {
  const executions = linesOf(sinks, "executions.jsonl");
  const histories = linesOf(sinks, "histories of executions");
  return {
    begun: executions.filter((line) => line.startsWith('{"started":')).length,
    withHistory: histories.filter((line) => line.includes('"ExecutionStarted"')).length,
  };
}

export function linesOf(sinks: readonly Sink[], name: string): string[] {
  const named = sinks.filter((sink) => sink.name === name);
  return named.flatMap(({ content }) => Buffer.from(content).toString().split("\n"));
}

const items = z.array(z.record(z.string(), z.unknown()));
const text = z.object({ S: z.string() });

/** The id of a link outlives the jobs of its session. */
const OF_LINKS = "link";

/** How many sealed secrets of jobs and webhooks, of each kind, these sinks have, and those whose job is in no raw file. */
export function sealedIn(sinks: readonly Sink[]) {
  const raw = sinks.filter(({ name }) => /^dynamodb[\\/]/.test(name));
  const files = raw.map(({ content }) => Buffer.from(content));
  const sealed: { [kind: string]: number } = {};
  const notInFiles: string[] = [];
  const rows = sinks
    .filter(({ name }) => name.startsWith("rows of "))
    .flatMap(({ content }) => items.parse(JSON.parse(Buffer.from(content).toString())));
  for (const row of rows) {
    const kind = "sealedTaskToken" in row ? "task-token" : text.safeParse(row["purpose"]).data?.S;
    if (kind === undefined || kind === OF_LINKS || !("sealed" in row || "sealedTaskToken" in row)) continue;
    sealed[kind] = (sealed[kind] ?? 0) + 1;
    const { data } = text.safeParse(row["jobId"] ?? row["pk"]);
    if (!files.some((content) => content.includes(data?.S ?? ""))) notInFiles.push(kind);
  }
  return { sealed, notInFiles };
}
