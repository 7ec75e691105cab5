import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parsePatch, applyPatch as patched, reversePatch } from "diff";
import { PROJECT_ROOT } from "./mutant.ts";

/** A copy of the tree, to be broken. */
export interface CopiedTree {
  folder: string;
  apply(patchFile: string): void;
  revert(patchFile: string): void;
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
    apply: (patchFile) => write(applyPatch(folder, patchFile)),
    revert: (patchFile) => write(applyPatch(folder, patchFile, { isReverse: true })),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

interface Patched {
  path: string;
  text: string;
}

/** The files as a patch has them afterwards. Every line has to be there as the patch knows it: throws when one is not. */
export function applyPatch(folder: string, patchFile: string, { isReverse = false } = {}): Patched[] {
  const changes = parsePatch(readFileSync(patchFile, "utf8"));
  return changes.map((change) => {
    const path = join(folder, (change.newFileName ?? "").replace(/^b\//, ""));
    const text = patched(readFileSync(path, "utf8"), isReverse ? reversePatch(change) : change, {
      fuzzFactor: 0,
    });
    if (text === false) throw new Error(`${basename(patchFile)} does not fit ${change.newFileName}.`);
    return { path, text };
  });
}

export function write(files: readonly Patched[]): void {
  for (const { path, text } of files) writeFileSync(path, text);
}
