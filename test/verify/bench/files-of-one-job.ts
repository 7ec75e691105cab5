import { globSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { readLocalSettings } from "../../../infra/local/local-settings.ts";
import { startLocal } from "../../../infra/local/start-local.ts";
import { synthesizeApart } from "../../../infra/local/template/template.ts";
import { withoutSchedules } from "./counted-template.ts";

/*
 * Counts the files under `functions/` that one job with MFA runs through, from the token to its end: those of which a function with a
 * name ran after local mode had started. What does not count is the top level, which runs when a file is imported, and functions
 * without a name, such as the callbacks of an entry: with those the number is printed too. `--list` names the files, and then those that did not run.
 */

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const API_KEY = "bench-api-key";
/** Bank steps of 2 s take 0.1 s. */
const TIME_SCALE = 20;
const LOOK_EVERY_MS = 50;
const MAX_LOOKS = 1_000;

/** Every file of the functions, relative to the project's root. */
function allFiles(): string[] {
  return globSync("functions/**/*.ts", { cwd: ROOT }).toSorted();
}

const tokenSchema = z.object({ access_token: z.string() });
const stubSchema = z.object({ id: z.string() });
const jobSchema = z.object({
  steps: z.array(z.object({ title: z.string(), status: z.string(), result: z.unknown() })),
});
type Steps = z.infer<typeof jobSchema>["steps"];

/** The published bank that asks for a code, and its user. */
async function runJob(apiUrl: string): Promise<void> {
  async function call(method: string, path: string, headers: Record<string, string>, body?: string) {
    const response = await fetch(`${apiUrl}${path}`, {
      method,
      headers,
      ...(body !== undefined && { body }),
    });
    if (!response.ok) throw new Error(`${method} ${path} gave ${response.status}.`);
    return response.json();
  }
  const form = "application/x-www-form-urlencoded";
  const asClient = { authorization: `Basic ${API_KEY}`, "basiq-version": "3.0", "content-type": form };
  const { access_token } = tokenSchema.parse(await call("POST", "/token", asClient, "scope=SERVER_ACCESS"));
  const headers = { authorization: `Bearer ${access_token}`, "content-type": "application/json" };
  const login = { loginId: "jared", password: "django", institution: { id: "AU00002" } };
  const stub = await call("POST", "/users/a-user/connections", headers, JSON.stringify(login));
  const { id } = stubSchema.parse(stub);

  async function until(isSo: (steps: Steps) => boolean): Promise<void> {
    for (let looks = 0; looks < MAX_LOOKS; looks++) {
      if (isSo(jobSchema.parse(await call("GET", `/jobs/${id}`, headers)).steps)) return;
      await sleep(LOOK_EVERY_MS);
    }
    throw new Error("The job never came so far.");
  }
  await until((steps) =>
    steps.some(
      ({ title, status, result }) => title === "mfa-challenge" && status === "in-progress" && result !== null,
    ),
  );
  await call("POST", `/jobs/${id}/mfa`, headers, JSON.stringify({ "mfa-response": ["1234"] }));
  await until((steps) => steps.every(({ status }) => status === "success"));
}

interface RunFiles {
  /** Of which a function with a name ran. */
  named: ReadonlySet<string>;
  /** Of which any function ran. */
  any: ReadonlySet<string>;
}

/** The files that `run` runs through, relative to the project's root. */
async function filesRunBy(run: () => Promise<void>): Promise<RunFiles> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
  await run();
  const { result } = await session.post("Profiler.takePreciseCoverage");
  session.disconnect();
  const root = new URL("../../../", import.meta.url).href;
  const filesWhere = (counts: (name: string) => boolean) =>
    new Set(
      result
        .filter(({ functions }) =>
          functions.some(({ functionName, ranges }) => counts(functionName) && hasRun(ranges)),
        )
        .map(({ url }) => url.replace(root, "")),
    );
  return { named: filesWhere((name) => name !== ""), any: filesWhere(() => true) };
}

type Ranges = readonly { startOffset: number; count: number }[];

/** A file's top level is a function to V8, which begins where the file does. */
function hasRun(ranges: Ranges): boolean {
  return ranges.some(({ count }) => count > 0) && ranges[0]?.startOffset !== 0;
}

process.env["LOG_LEVEL"] = "error";
const settings = readLocalSettings({
  PORT: "0",
  SANDBOX_PORT: "0",
  LOCAL_API_KEY: API_KEY,
  TIME_SCALE: String(TIME_SCALE),
});
const local = await startLocal(settings, {
  synthesize: async (context) => withoutSchedules(await synthesizeApart(context)),
});
const { named, any } = await filesRunBy(() => runJob(local.apiUrl));
await local.close();

const files = allFiles();
const ofJob = files.filter((file) => named.has(file));
if (process.argv.includes("--list")) {
  const others = files.filter((file) => !named.has(file));
  process.stdout.write(`${ofJob.join("\n")}\n\nDid not run:\n${others.join("\n")}\n\n`);
}
const anyCount = files.filter((file) => any.has(file)).length;
process.stdout.write(
  `${ofJob.length} of ${files.length} files of functions/; ${anyCount} with functions that have no name\n`,
);
