import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const PROJECT_ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** Git does not know it. The Python packages stay here from one run to the next. */
export const KEPT_FOLDER = join(PROJECT_ROOT, ".emulator");

/** For the files of one run. They stay when it fails, until the next one. */
export function emptyRunFolder(): string {
  const folder = join(KEPT_FOLDER, "run");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "tmp"), { recursive: true });
  // What the emulator starts functions with is CommonJS, and is not to be taken for a part of this project.
  writeFileSync(join(folder, "package.json"), "{}");
  return folder;
}
