import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { PROJECT_ROOT } from "./mutant.ts";

/** A copy of the tree, to be broken. */
export interface CopiedTree {
  folder: string;
  apply(patchFile: string): void;
  revert(patchFile: string): void;
  remove(): void;
}

/** Copies what git has or would take, with the dependencies as they are. Throws where there is no git, or no checkout. */
export function copyTree(): CopiedTree {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "mutants-")));
  for (const file of filesOfTree()) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    copyFileSync(join(PROJECT_ROOT, file), join(folder, file));
  }
  symlinkSync(realpathSync(join(PROJECT_ROOT, "node_modules")), join(folder, "node_modules"), "dir");
  return {
    folder,
    apply: (patchFile) => applyPatch(folder, patchFile),
    revert: (patchFile) => applyPatch(folder, patchFile, "--reverse"),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Every line has to be there as the patch has it: throws when one is not, and changes nothing then. */
export function applyPatch(folder: string, patchFile: string, ...options: string[]): void {
  // In a checkout that is further up, git would leave out what is not of it.
  const env = { ...process.env, GIT_CEILING_DIRECTORIES: dirname(folder) };
  execFileSync("git", ["apply", ...options, patchFile], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function filesOfTree(): string[] {
  const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const listed = execFileSync("git", args, { cwd: PROJECT_ROOT, encoding: "utf8" }).split("\0");
  // What was deleted and not committed is still listed.
  return listed.filter((file) => file !== "" && existsSync(join(PROJECT_ROOT, file)));
}
