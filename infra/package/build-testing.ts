import { copyFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bundleTestSystem } from "../bundling/bundle-test-system.ts";
import { synthesizeTemplates } from "../testing/templates.ts";

/**
 * Builds `connection-jobs/testing` in the folder `dist/testing`: the handle for ES modules and for CommonJS with its types, the thread
 * and the functions, and the templates, so that its user needs no CDK.
 */
export async function buildTesting(dist: string): Promise<void> {
  const folder = join(dist, "testing");
  const types = join(dist, "infra/testing");
  await bundleTestSystem(folder);
  await rename(join(types, "start-test-system.d.ts"), join(folder, "index.d.ts"));
  await copyFile(join(folder, "index.d.ts"), join(folder, "index.d.cts"));
  await rm(types, { recursive: true });
  await writeFile(join(folder, "templates.json"), JSON.stringify(await synthesizeTemplates()));
}
