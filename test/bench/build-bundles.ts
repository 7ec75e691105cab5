import { globSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Writes `<name>/index.mjs` for every entry, made as `infra/aws/node-function.ts` has it made. */
export async function buildBundles(folder: string): Promise<void> {
  const entries = globSync("functions/{api,workflow}/*.lambda.ts", { cwd: root });
  await build({
    absWorkingDir: root,
    entryPoints: entries.map((entry) => ({ in: entry, out: `${basename(entry, ".lambda.ts")}/index` })),
    outdir: folder,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node24",
    mainFields: ["module", "main"],
    minify: true,
    outExtension: { ".js": ".mjs" },
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
}
