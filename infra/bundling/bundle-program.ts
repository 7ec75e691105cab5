import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { BUNDLING } from "./bundle-entries.ts";

const PROJECT_ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Bundles a program and its dependencies into one executable file. */
export async function bundleProgram(entry: string, outfile: string): Promise<void> {
  const { outExtension, banner, ...options } = BUNDLING;
  const js = `#!/usr/bin/env node\n${banner.js}`;
  await build({ ...options, absWorkingDir: PROJECT_ROOT, entryPoints: [entry], outfile, banner: { js } });
}
