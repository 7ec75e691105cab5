import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { partOf } from "../support/nightly.ts";
import {
  applyEdits,
  type Catcher,
  captionOf,
  catchersOf,
  chosen,
  copyTree,
  type Edit,
  editsOf,
  type Mutant,
} from "./mutant.ts";
import { MUTANTS } from "./mutants.ts";
import { TestsOfATree } from "./tests-of-a-tree.ts";
import { notGreen, type Verdict, verdictOfCompiler, verdictOfReport } from "./verdict.ts";

/*
 * Takes one safeguard of the table after the other out of a copy of the tree, and expects the tests that are named for it to fail.
 * `npm run test:mutants -- name…` tries those only, and with `MUTANTS_PARTS=5`, a fifth of them that a seed chooses.
 */

/** A copy of the project. */
interface Tree {
  folder: string;
  tests: TestsOfATree;
}

/** Whatever hangs without its safeguard is ended. */
const OVER_WITHIN_MS = 180_000;
const ALL_OVER_WITHIN_MS = 600_000;

/** On a busy machine a test that is well may take its time. */
const PATIENTLY = { maxWorkers: 2, testTimeout: 120_000, hookTimeout: 120_000 };
/** One finding is enough. */
const BRIEFLY = { maxWorkers: 1, bail: 1 };

function newTree(options: Record<string, unknown>): Tree {
  const folder = copyTree();
  return { folder, tests: new TestsOfATree(folder, options) };
}

/** A test that fails anyway catches nothing. */
async function isGreen(mutants: readonly Mutant[]): Promise<boolean> {
  const catchers = mutants.flatMap(catchersOf);
  const tree = newTree(PATIENTLY);
  const failed = await failing(tree, catchers);
  tree.tests.end();
  for (const file of failed) say(`${file} fails with every safeguard in its place.`);
  say(`${filesOf(catchers).length} files of tests run with every safeguard in its place.`);
  return failed.length === 0;
}

/** The files of these that fail on a tree that nothing is wrong with. */
async function failing({ folder, tests }: Tree, catchers: readonly Catcher[]): Promise<string[]> {
  const failed: string[] = [];
  for (const file of filesOf(catchers.filter(({ program }) => program === "tsc"))) {
    if ((await compile(folder, file)).exitCode !== 0) failed.push(file);
  }
  const tested = Map.groupBy(
    catchers.filter(({ program }) => program === "vitest"),
    ({ file }) => file,
  );
  if (tested.size === 0) return failed;
  const wanted = [...tested].map(([file, ofFile]) => ({ file, ...patternOf(ofFile) }));
  const report = await tests.report(wanted, ALL_OVER_WITHIN_MS);
  return [...failed, ...(report === undefined ? [...tested.keys()] : notGreen(report, [...tested.keys()]))];
}

function filesOf(catchers: readonly Catcher[]): string[] {
  return [...new Set(catchers.map(({ file }) => file))];
}

/** Says whether each of its tests notices. */
async function isCaught(tree: Tree, mutant: Mutant): Promise<boolean> {
  const { name, failsBy } = mutant;
  const began = performance.now();
  const catchers = catchersOf(mutant);
  const blind: string[] = [];
  try {
    const putBack = breakTree(tree, editsOf(mutant));
    try {
      for (const catcher of catchers) {
        const verdict = await judge(tree, catcher, failsBy);
        if (!verdict.isCaught) blind.push(`${captionOf(catcher)} (${verdict.why})`);
      }
    } finally {
      putBack();
    }
  } catch (error) {
    say(`STALE     ${name}: ${messageOf(error)}`);
    return false;
  }
  const took = `${((performance.now() - began) / 1000).toFixed(1)} s`;
  if (blind.length === 0) say(`caught    ${name}, ${took}: ${catchers.map(captionOf).join("; ")}`);
  else say(`SURVIVED  ${name}, ${took}: ${blind.join("; ")}`);
  return blind.length === 0;
}

/** Returns a function that puts back what the edits took away. */
function breakTree({ folder, tests }: Tree, edits: readonly Edit[]): () => void {
  const files = edits.map(({ file }) => file);
  const revert = applyEdits(folder, edits);
  tests.noteChangeOf(files);
  return () => {
    revert();
    tests.noteChangeOf(files);
  };
}

/** Whether the test notices that something is wrong with the tree. */
async function judge({ folder, tests }: Tree, catcher: Catcher, failsBy?: string): Promise<Verdict> {
  const { program, file } = catcher;
  if (program === "tsc") {
    const { exitCode, output } = await compile(folder, file);
    return verdictOfCompiler(exitCode, output, file);
  }
  const report = await tests.report([{ file, ...patternOf([catcher]) }], OVER_WITHIN_MS);
  return report === undefined
    ? { isCaught: false, why: "no report was written" }
    : verdictOfReport(report, failsBy);
}

/** Compiles the file and what it imports, with the options of the project. */
function compile(folder: string, file: string) {
  const config = join(folder, "tsconfig.of-one-file.json");
  writeFileSync(config, JSON.stringify({ extends: "./tsconfig.json", include: [], files: [file] }));
  return run(folder, ["node_modules/typescript/bin/tsc", "-p", config], OVER_WITHIN_MS);
}

/** Of the titles, unless a whole file is to run. A title of several tests has a place in it for what tells them apart. */
function patternOf(catchers: readonly Catcher[]): { pattern?: string } {
  if (catchers.some(({ title }) => title === undefined)) return {};
  const titles = catchers.map(({ title = "" }) =>
    title.replaceAll(/[^\w% ]/g, "\\$&").replaceAll(/%\w/g, ".*"),
  );
  return { pattern: [...new Set(titles)].join("|") };
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
  const { MUTANTS_PARTS: parts = "1", MUTANTS_SEED: seed = randomUUID() } = process.env;
  const names = process.argv.slice(2);
  if (names.length === 0 && parts !== "1") {
    say(`One in ${parts} of the mutants: MUTANTS_PARTS=${parts} MUTANTS_SEED=${seed}`);
    return partOf(MUTANTS, { parts: Number(parts), seed, nameOf: ({ name }) => name });
  }
  try {
    return chosen(MUTANTS, names);
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
if (!(await isGreen(mutants))) process.exit(1);
const left = [...mutants];
let caught = 0;
let areMended = true;
/** Takes one mutant after the other until none is left. */
async function tryMutants(): Promise<void> {
  const tree = newTree(BRIEFLY);
  let tried: Mutant[] = [];
  for (let mutant = left.shift(); mutant !== undefined; mutant = left.shift()) {
    if (await isCaught(tree, mutant)) caught += 1;
    tried = [mutant];
  }
  // Had Vitest kept a file without its safeguard, this test would still fail.
  areMended &&= (await failing(tree, tried.flatMap(catchersOf))).length === 0;
  tree.tests.end();
}
await Promise.all([tryMutants(), tryMutants()]);
const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
say(`${caught} of ${mutants.length} mutants caught, in ${seconds} s.`);
if (!areMended) say("Tests fail with every safeguard back in its place.");
process.exitCode = areMended && caught === mutants.length && caught > 0 ? 0 : 1;
