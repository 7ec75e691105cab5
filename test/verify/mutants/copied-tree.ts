import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Edit } from "./mutant.ts";

export const PROJECT_ROOT = join(import.meta.dirname, "..", "..", "..");

/** A copy of the tree, to be broken. */
export interface CopiedTree {
  folder: string;
  /** Returns a function that restores the files. */
  apply(edits: readonly Edit[]): () => void;
  remove(): void;
}

/** What is made, or not ours, and large. */
const LEFT_OUT = ["node_modules", ".git", "bundles", "dist", "cdk.out", "coverage", ".emulator", ".data"];

/** Copies the project, with the dependencies as they are. */
export function copyTree(): CopiedTree {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "mutants-")));
  cpSync(PROJECT_ROOT, folder, { recursive: true, filter: (path) => !LEFT_OUT.includes(basename(path)) });
  symlinkSync(realpathSync(join(PROJECT_ROOT, "node_modules")), join(folder, "node_modules"), "dir");
  return {
    folder,
    apply: (edits) => applyEdits(folder, edits),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Returns a function that restores the files. Throws, and writes nothing, if an edit is stale. */
export function applyEdits(folder: string, edits: readonly Edit[]): () => void {
  const changes = editedFiles(folder, edits);
  for (const { path, after } of changes) writeFileSync(path, after);
  return () => {
    for (const { path, before } of changes) writeFileSync(path, before);
  };
}

interface EditedFile {
  path: string;
  before: string;
  after: string;
}

/** Reads the files and edits the texts. Throws an `Error` of one line if a file does not hold a text exactly once. */
export function editedFiles(folder: string, edits: readonly Edit[]): EditedFile[] {
  return [...new Set(edits.map(({ file }) => file))].map((file) => {
    const path = join(folder, file);
    const before = readFileSync(path, "utf8");
    const after = edits.filter((edit) => edit.file === file).reduce(edited, before);
    return { path, before, after };
  });
}

function edited(text: string, { file, from, to }: Edit): string {
  const [before = "", ...after] = text.split(from);
  if (after.length === 1) return before + to + after[0];
  throw new Error(`${file} holds this ${after.length} times, not once: ${JSON.stringify(from)}`);
}
