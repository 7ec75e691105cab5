import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Catcher } from "./mutant.ts";
import { notGreen, type Verdict, verdictOfCompiler, verdictOfReport } from "./verdict.ts";

/** Whatever hangs without its safeguard is ended. */
const OVER_WITHIN_MS = 90_000;
const ALL_OVER_WITHIN_MS = 600_000;

const TSC = ["node_modules/typescript/bin/tsc"];

/** On a busy machine a test that is well may take its time. */
const PATIENTLY = ["--maxWorkers=2", "--testTimeout=120000", "--hookTimeout=120000"];

/** Where the configuration has it written. */
const REPORT = join("coverage", "test-report.json");

/** Whether the test notices that something is wrong with the tree. */
export async function judge(
  folder: string,
  { program, file, title }: Catcher,
  failsBy?: string,
): Promise<Verdict> {
  if (program === "tsc") {
    const { exitCode, output } = await run(folder, TSC, OVER_WITHIN_MS);
    return verdictOfCompiler(exitCode, output, file);
  }
  const only = title === undefined ? [] : ["--testNamePattern", patternOf(title)];
  const report = await vitest(folder, [file, ...only, "--bail=1", "--maxWorkers=1"], OVER_WITHIN_MS);
  return report === undefined
    ? { isCaught: false, why: "no report was written" }
    : verdictOfReport(report, failsBy);
}

/** The files of these that fail on a tree that nothing is wrong with. */
export async function failing(folder: string, catchers: readonly Catcher[]): Promise<string[]> {
  const failed: string[] = [];
  const compiled = filesOf(catchers.filter(({ program }) => program === "tsc"));
  if (compiled.length > 0 && (await run(folder, TSC, OVER_WITHIN_MS)).exitCode !== 0)
    failed.push(...compiled);

  const tested = catchers.filter(({ program }) => program === "vitest");
  const whole = filesOf(tested.filter(({ title }) => title === undefined));
  const inPart = tested.filter(({ file }) => !whole.includes(file));
  const titles = new Set(inPart.map(({ title = "" }) => patternOf(title)));
  const only = ["--testNamePattern", [...titles].join("|")];
  for (const [files, options] of [[whole, []] as const, [filesOf(inPart), only] as const]) {
    if (files.length === 0) continue;
    const report = await vitest(folder, [...files, ...options, ...PATIENTLY], ALL_OVER_WITHIN_MS);
    failed.push(...(report === undefined ? files : notGreen(report, files)));
  }
  return failed;
}

function filesOf(catchers: readonly Catcher[]): string[] {
  return [...new Set(catchers.map(({ file }) => file))];
}

/** A title of several tests has a place in it for what tells them apart. */
function patternOf(title: string): string {
  return title.replaceAll(/[^\w% ]/g, "\\$&").replaceAll(/%\w/g, ".*");
}

async function vitest(folder: string, args: readonly string[], withinMs: number): Promise<unknown> {
  rmSync(join(folder, REPORT), { force: true });
  await run(folder, ["node_modules/vitest/vitest.mjs", "run", "--reporter=json", ...args], withinMs);
  try {
    return JSON.parse(readFileSync(join(folder, REPORT), "utf8"));
  } catch {
    return undefined;
  }
}

function run(folder: string, args: readonly string[], timeout: number) {
  const { promise, resolve, reject } = Promise.withResolvers<{ exitCode: number; output: string }>();
  const program = spawn(process.execPath, args, {
    cwd: folder,
    timeout,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const said: Buffer[] = [];
  program.stdout.on("data", (chunk: Buffer) => said.push(chunk));
  program.once("error", reject);
  program.once("close", (code) => resolve({ exitCode: code ?? 1, output: Buffer.concat(said).toString() }));
  return promise;
}
