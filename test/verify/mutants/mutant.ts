import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

/** Replaces one text of a file. */
export interface Edit {
  /** From the project's root. */
  file: string;
  /** Must occur exactly once in the file. Leave out indentation and imports, so that moving code does not make it stale. */
  from: string;
  to: string;
}

/** Removes one safeguard from the product, or breaks one test double. */
export interface Mutant extends Edit {
  name: string;
  /** The edits remove this, in words. */
  removes: string;
  /** Further edits, if one is not enough. */
  also?: readonly Edit[];
  /** Each has to fail: `test/a.test.ts`, `test/a.test.ts > title of a test`, or `tsc test/a.test.ts`. */
  caughtBy: readonly [string, ...string[]];
  /** The failure begins with this, if it is no assertion: a helper of the test throws on purpose. */
  failsBy?: string;
}

/** What is to fail when the safeguard is gone. */
export interface Catcher {
  /** `tsc` for a test that is a type error. */
  program: "vitest" | "tsc";
  /** From the project's root. */
  file: string;
  /** Of the one test that is to fail, or a part of it. */
  title: string | undefined;
}

/** Those of the names, or all where there are none. Throws an `Error` of one line for a name that no mutant has. */
export function chosen(mutants: readonly Mutant[], names: readonly string[]): readonly Mutant[] {
  const unknown = names.filter((wanted) => !mutants.some(({ name }) => name === wanted));
  if (unknown.length > 0) throw new Error(`There is no mutant ${unknown.join(", nor ")}.`);
  return names.length === 0 ? mutants : mutants.filter(({ name }) => names.includes(name));
}

export function editsOf({ file, from, to, also = [] }: Mutant): readonly Edit[] {
  return [{ file, from, to }, ...also];
}

export function catchersOf({ caughtBy }: Mutant): Catcher[] {
  return caughtBy.map((words) => {
    const [, tsc, file = "", title] = /^(tsc )?(.+?)(?: > (.+))?$/.exec(words) ?? [];
    return { program: tsc === undefined ? "vitest" : "tsc", file, title };
  });
}

export function captionOf({ program, file, title }: Catcher): string {
  return `${program === "tsc" ? "tsc, " : ""}${file}${title === undefined ? "" : ` > ${title}`}`;
}

export const PROJECT_ROOT = join(import.meta.dirname, "../../..");

/** What is made, or not ours, and large. */
const LEFT_OUT = ["node_modules", ".git", "bundles", "dist", "cdk.out", "coverage", ".emulator", ".data"];

/** Copies the project into a folder, to be broken there, with the dependencies as they are. */
export function copyTree(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "mutants-")));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  cpSync(PROJECT_ROOT, folder, { recursive: true, filter: (path) => !LEFT_OUT.includes(basename(path)) });
  symlinkSync(realpathSync(join(PROJECT_ROOT, "node_modules")), join(folder, "node_modules"), "dir");
  return folder;
}

/** Returns a function that restores the files. Throws, and writes nothing, if an edit is stale. */
export function applyEdits(folder: string, edits: readonly Edit[]): () => void {
  const changes = editedFiles(folder, edits);
  for (const { path, after } of changes) writeFileSync(path, after);
  return () => {
    for (const { path, before } of changes) writeFileSync(path, before);
  };
}

/** Reads the files and edits the texts. Throws an `Error` of one line if a file does not hold a text exactly once. */
export function editedFiles(folder: string, edits: readonly Edit[]) {
  const byFile = Map.groupBy(edits, ({ file }) => file);
  return [...byFile].map(([file, ofFile]) => {
    const path = join(folder, file);
    const before = readFileSync(path, "utf8");
    return { path, before, after: ofFile.reduce(edited, before) };
  });
}

function edited(text: string, { file, from, to }: Edit): string {
  const [before = "", ...after] = text.split(from);
  if (after.length === 1) return before + to + after[0];
  throw new Error(`${file} holds this ${after.length} times, not once: ${JSON.stringify(from)}`);
}
