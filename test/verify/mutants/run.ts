import { constants } from "node:os";
import { type CopiedTree, copyTree } from "./copied-tree.ts";
import { captionOf, catchersOf, chosen, editsOf, type Mutant } from "./mutant.ts";
import { MUTANTS } from "./mutants.ts";
import { failing, judge } from "./run-tests.ts";

/*
 * Takes one safeguard of the table after the other out of a copy of the tree, and expects the tests that are named for it to fail.
 * `npm run test:mutants -- name…` tries those only.
 */

const AT_ONCE = 2;

const mutants = wanted();
const startedAt = performance.now();
const trees: CopiedTree[] = [];
process.once("exit", () => trees.forEach((tree) => void tree.remove()));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => process.exit(128 + constants.signals[signal]));
}
for (let copies = 0; copies < AT_ONCE; copies++) trees.push(copyTree());
process.exitCode = (await isGreen(trees)) && (await areCaught(trees)) ? 0 : 1;

function wanted(): readonly Mutant[] {
  try {
    return chosen(MUTANTS, process.argv.slice(2));
  } catch (error) {
    say(messageOf(error));
    process.exit(2);
  }
}

/** A test that fails anyway catches nothing. */
async function isGreen([tree]: readonly CopiedTree[]): Promise<boolean> {
  const catchers = mutants.flatMap(catchersOf);
  const failed = tree === undefined ? [] : await failing(tree.folder, catchers);
  for (const file of failed) say(`${file} fails with every safeguard in its place.`);
  say(
    `${new Set(catchers.map(({ file }) => file)).size} files of tests run with every safeguard in its place.`,
  );
  return failed.length === 0;
}

async function areCaught(trees: readonly CopiedTree[]): Promise<boolean> {
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
  return caught === mutants.length && caught > 0;
}

async function isCaught(tree: CopiedTree, mutant: Mutant): Promise<boolean> {
  const { name, failsBy } = mutant;
  const revert = applied(tree, mutant);
  if (revert === undefined) return false;
  const catchers = catchersOf(mutant);
  const began = performance.now();
  const blind: string[] = [];
  for (const catcher of catchers) {
    const verdict = await judge(tree.folder, catcher, failsBy);
    if (!verdict.isCaught) blind.push(`${captionOf(catcher)} (${verdict.why})`);
  }
  revert();
  const took = `${((performance.now() - began) / 1000).toFixed(1)} s`;
  if (blind.length === 0) say(`caught    ${name}, ${took}: ${catchers.map(captionOf).join("; ")}`);
  else say(`SURVIVED  ${name}, ${took}: ${blind.join("; ")}`);
  return blind.length === 0;
}

function applied(tree: CopiedTree, mutant: Mutant): (() => void) | undefined {
  try {
    return tree.apply(editsOf(mutant));
  } catch (error) {
    say(`STALE     ${mutant.name}: ${messageOf(error)}`);
    return undefined;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
