import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import * as z from "zod";
import type { Target } from "../../journeys/target.ts";
import { isNightly, partOf } from "../support/nightly.ts";
import { EXCEPTED_JOURNEYS } from "./exceptions.ts";
import { type Environment, PROJECT_ROOT, runProgram } from "./programs.ts";

const report = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      assertionResults: z.array(
        z.object({ ancestorTitles: z.array(z.string()), title: z.string(), status: z.string() }),
      ),
    }),
  ),
});

const SEED = process.env["JOURNEYS_SEED"] ?? randomUUID();

/** Without `NIGHTLY=1`, half of the files, and no trips of clients: those against the deployed sandbox remain. */
function chosenFiles(): readonly string[] {
  if (isNightly) return [];
  const files = readdirSync(join(PROJECT_ROOT, "test/journeys")).filter((name) => name.endsWith(".test.ts"));
  const half = partOf(files, { parts: 2, seed: SEED, nameOf: (name) => name });
  return ["test/verify/access/access.test.ts", ...half.map((name) => `test/journeys/${name}`)];
}

/** Runs the journeys against a deployment, and throws when one does not do as it should. */
export async function runJourneys(
  commands: Environment,
  folder: string,
  target: Target,
  secretsSent: string,
) {
  const file = join(folder, "journeys.json");
  const env = {
    ...commands,
    TARGET_API_URL: target.apiUrl,
    TARGET_SANDBOX_URL: target.sandboxUrl,
    TARGET_API_KEY: target.apiKey,
    ...(target.sandboxKey !== undefined && { TARGET_SANDBOX_KEY: target.sandboxKey }),
    SECRETS_SENT: secretsSent,
  };
  const reporters = ["--bail=5", "--reporter=dot", "--reporter=json", `--outputFile.json=${file}`];
  await runProgram(
    "vitest",
    ["run", "--config", "test/verify/emulator/vitest.config.ts", ...chosenFiles(), ...reporters],
    env,
  );
  return countedJourneys(readFileSync(file, "utf8"));
}

function countedJourneys(source: string) {
  const files = report.parse(JSON.parse(source)).testResults;
  const tests = files.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ ancestorTitles, title, status }) => ({
      name: [basename(name), ...ancestorTitles, title].join(" > "),
      status,
    })),
  );
  const notRun = tests.filter(({ status }) => status !== "passed").map(({ name }) => name);
  const names = files.map(({ name }) => basename(name));
  const excepted = EXCEPTED_JOURNEYS.map(({ test }) => test).filter((wanted) =>
    names.some((name) => wanted.startsWith(name)),
  );
  const stale = excepted.filter((wanted) => tests.filter(({ name }) => name === wanted).length !== 1);
  if (notRun.length > 0) throw new Error(`Did not run:\n${notRun.join("\n")}`);
  if (stale.length > 0) throw new Error(`Excepted, but not one test:\n${stale.join("\n")}`);
  return {
    files: files.length,
    passed: tests.length - excepted.length,
    excepted: excepted.length,
    seed: SEED,
  };
}
