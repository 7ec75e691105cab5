import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { BUNDLING, entriesIn } from "./bundle-entries.ts";

const PROJECT_ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The oldest version of Node.js on which the package runs. */
const TARGET = "node20";

/**
 * dynalite loads its operations by their names: `require('./actions/' + action)`. esbuild finds the files only if the name has its
 * extension.
 */
const dynaliteOperations: Plugin = {
  name: "dynalite-operations",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]dynalite[\\/]index\.js$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      return {
        contents: text.replaceAll(/require\(('\.\/\w+\/') \+ action\)/g, "require($1 + action + '.js')"),
      };
    });
  },
};

/**
 * Bundles the test system into a folder. The thread and the functions share their modules, as the sources do in local mode. Tables are
 * in memory, so the native store for tables on disk is left out.
 */
export async function bundleTestSystem(outdir: string): Promise<void> {
  const shared = { ...BUNDLING, target: TARGET, absWorkingDir: PROJECT_ROOT, outdir };
  await build({
    ...shared,
    entryPoints: [
      "infra/testing/worker.ts",
      ...entriesIn().filter((entry) => entry.startsWith("functions/")),
    ],
    outbase: PROJECT_ROOT,
    chunkNames: "chunks/[hash]",
    splitting: true,
    alias: { level: "memory-level" },
    plugins: [dynaliteOperations],
  });
  const handle = {
    ...{ ...shared, minify: false },
    entryPoints: [{ in: "infra/testing/start-test-system.ts", out: "index" }],
  };
  await build({ ...handle, banner: {}, outExtension: { ".js": ".js" } });
  await build({
    ...handle,
    format: "cjs",
    outExtension: { ".js": ".cjs" },
    define: { "import.meta.url": "urlOfThisFile" },
    banner: { js: "const urlOfThisFile = require('node:url').pathToFileURL(__filename).href;" },
  });
}
