import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { BUNDLING } from "./bundle-entries.ts";

const PROJECT_ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The oldest version on which the package runs. */
const OLDEST_NODE = "node20";

/** Bundles a program and its dependencies into one executable file. */
export async function bundleProgram(entry: string, outfile: string): Promise<void> {
  const { outExtension, banner, ...options } = BUNDLING;
  const js = `#!/usr/bin/env node\n${banner.js}`;
  const target = OLDEST_NODE;
  await build({
    ...options,
    target,
    absWorkingDir: PROJECT_ROOT,
    entryPoints: [entry],
    outfile,
    banner: { js },
  });
}
