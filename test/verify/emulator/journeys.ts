import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import * as z from "zod";
import type { Target } from "../../journeys/target.ts";
import { isNightly } from "../support/nightly.ts";
import { EXCEPTED_JOURNEYS } from "./exceptions.ts";
import { type Environment, runProgram } from "./programs.ts";

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

/** Without `NIGHTLY=1`, the table of access and the trips of clients are left out: here they take most of the time. */
const FOLDERS = isNightly ? [] : ["test/journeys/"];

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
    ["run", "--config", "test/verify/emulator/vitest.config.ts", ...FOLDERS, ...reporters],
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
  const stale = EXCEPTED_JOURNEYS.map(({ test }) => test).filter(
    (wanted) => tests.filter(({ name }) => name === wanted).length !== 1,
  );
  if (notRun.length > 0) throw new Error(`Did not run:\n${notRun.join("\n")}`);
  if (stale.length > 0) throw new Error(`Excepted, but not one test:\n${stale.join("\n")}`);
  return { files: files.length, passed: tests.length - EXCEPTED_JOURNEYS.length };
}
