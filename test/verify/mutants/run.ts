import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import {
  applyEdits,
  type Catcher,
  captionOf,
  catchersOf,
  chosen,
  copyTree,
  editsOf,
  type Mutant,
} from "./mutant.ts";
import { MUTANTS } from "./mutants.ts";
import { notGreen, type Verdict, verdictOfCompiler, verdictOfReport } from "./verdict.ts";

/*
 * Takes one safeguard of the table after the other out of a copy of the tree, and expects the tests that are named for it to fail.
 * `npm run test:mutants -- name…` tries those only.
 */

/** Whatever hangs without its safeguard is ended. */
const OVER_WITHIN_MS = 90_000;
const ALL_OVER_WITHIN_MS = 600_000;

const TSC = ["node_modules/typescript/bin/tsc"];
const VITEST = ["node_modules/vitest/vitest.mjs", "run", "--reporter=json"];
/** On a busy machine a test that is well may take its time. */
const PATIENTLY = ["--maxWorkers=2", "--testTimeout=120000", "--hookTimeout=120000"];
/** Where the configuration has it written. */
const REPORT = "coverage/test-report.json";

/** A test that fails anyway catches nothing. */
async function isGreen(mutants: readonly Mutant[], folder: string): Promise<boolean> {
  const catchers = mutants.flatMap(catchersOf);
  const failed = await failing(folder, catchers);
  for (const file of failed) say(`${file} fails with every safeguard in its place.`);
  say(`${filesOf(catchers).length} files of tests run with every safeguard in its place.`);
  return failed.length === 0;
}

/** The files of these that fail on a tree that nothing is wrong with. */
async function failing(folder: string, catchers: readonly Catcher[]): Promise<string[]> {
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

/** Says whether each of its tests notices. */
async function isCaught(folder: string, mutant: Mutant): Promise<boolean> {
  const { name, failsBy } = mutant;
  const began = performance.now();
  const catchers = catchersOf(mutant);
  const blind: string[] = [];
  try {
    const revert = applyEdits(folder, editsOf(mutant));
    for (const catcher of catchers) {
      const verdict = await judge(folder, catcher, failsBy);
      if (!verdict.isCaught) blind.push(`${captionOf(catcher)} (${verdict.why})`);
    }
    revert();
  } catch (error) {
    say(`STALE     ${name}: ${messageOf(error)}`);
    return false;
  }
  const took = `${((performance.now() - began) / 1000).toFixed(1)} s`;
  if (blind.length === 0) say(`caught    ${name}, ${took}: ${catchers.map(captionOf).join("; ")}`);
  else say(`SURVIVED  ${name}, ${took}: ${blind.join("; ")}`);
  return blind.length === 0;
}

/** Whether the test notices that something is wrong with the tree. */
async function judge(folder: string, { program, file, title }: Catcher, failsBy?: string): Promise<Verdict> {
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

/** A title of several tests has a place in it for what tells them apart. */
function patternOf(title: string): string {
  return title.replaceAll(/[^\w% ]/g, "\\$&").replaceAll(/%\w/g, ".*");
}

async function vitest(folder: string, args: readonly string[], withinMs: number): Promise<unknown> {
  rmSync(join(folder, REPORT), { force: true });
  await run(folder, [...VITEST, ...args], withinMs);
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
  let output = "";
  program.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
  });
  program.once("error", reject);
  program.once("close", (code) => resolve({ exitCode: code ?? 1, output }));
  return promise;
}

function wanted(): readonly Mutant[] {
  try {
    return chosen(MUTANTS, process.argv.slice(2));
  } catch (error) {
    say(messageOf(error));
    process.exit(2);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => process.exit(128 + constants.signals[signal]));
}
const mutants = wanted();
const startedAt = performance.now();
const trees = [copyTree(), copyTree()] as const;
if (!(await isGreen(mutants, trees[0]))) process.exit(1);
const left = [...mutants];
let caught = 0;
await Promise.all(
  trees.map(async (tree) => {
    for (let mutant = left.shift(); mutant !== undefined; mutant = left.shift()) {
      if (await isCaught(tree, mutant)) caught += 1;
    }
  }),
);
const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
say(`${caught} of ${mutants.length} mutants caught, in ${seconds} s.`);
process.exitCode = caught === mutants.length && caught > 0 ? 0 : 1;
