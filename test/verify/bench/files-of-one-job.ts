import { globSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { fileURLToPath } from "node:url";
import { synthesizeApart } from "../../../infra/local/template/template.ts";
import { LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import { MobileBackend } from "../../journeys/mobile-backend.ts";
import type { Target } from "../../journeys/target.ts";
import { startLocalMode, withoutSchedules } from "./system.ts";

/*
 * Counts the files under `functions/` that one job with MFA runs through, from the token to its end: those of which a function with a
 * name ran after local mode had started. What does not count is the top level, which runs when a file is imported, and functions
 * without a name, such as the callbacks of an entry: with those the number is printed too. `--list` names the files, and then those that did not run.
 */

const ROOT = new URL("../../../", import.meta.url);
/** Bank steps of 2 s take 0.1 s. */
const TIME_SCALE = 20;

async function runJob(target: Target): Promise<void> {
  const backend = new MobileBackend(target);
  const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
  await backend.untilAsked(jobId);
  await backend.answer(jobId, ["1234"]);
  const { steps } = await backend.untilOver(jobId);
  if (steps.some(({ status }) => status !== "success")) throw new Error("The job has failed.");
}

process.env["LOG_LEVEL"] = "error";
const { local, target } = await startLocalMode({
  timeScale: TIME_SCALE,
  synthesize: async (context) => withoutSchedules(await synthesizeApart(context)),
});
const session = new Session();
session.connect();
await session.post("Profiler.enable");
await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
await runJob(target);
const { result } = await session.post("Profiler.takePreciseCoverage");
session.disconnect();
await local.close();

/** The files, relative to the project's root, of which one of the functions ran that count. */
function filesWhere(counts: (functionName: string) => boolean): string[] {
  const run = result.filter(({ functions }) =>
    functions.some(({ functionName, ranges: [first, ...others] }) => {
      // A file's top level is a function to V8, which begins where the file does.
      const hasRun = first !== undefined && first.startOffset !== 0;
      return counts(functionName) && hasRun && [first, ...others].some(({ count }) => count > 0);
    }),
  );
  return run.map(({ url }) => url.replace(ROOT.href, "")).filter((file) => files.includes(file));
}

const files = globSync("functions/**/*.ts", { cwd: fileURLToPath(ROOT) }).toSorted();
const named = filesWhere((name) => name !== "").toSorted();
const any = filesWhere(() => true);
if (process.argv.includes("--list")) {
  const others = files.filter((file) => !named.includes(file));
  process.stdout.write(`${named.join("\n")}\n\nDid not run:\n${others.join("\n")}\n\n`);
}
process.stdout.write(
  `${named.length} of ${files.length} files of functions/; ${any.length} with functions that have no name\n`,
);
