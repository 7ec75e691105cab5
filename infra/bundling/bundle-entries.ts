import { globSync } from "node:fs";
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build, type Metafile } from "esbuild";
import { BUNDLES_FOLDER, bundleFolder } from "./bundle-folder.ts";

const PROJECT_ROOT = fileURLToPath(new URL("../../", import.meta.url));

const ENTRIES = ["functions/**/*.lambda.ts", "sandbox/*.lambda.ts"];

/** How our code becomes a function's. The SDK goes in: its version is the tested one, and less of it is loaded at a cold start. */
export const BUNDLING = {
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node24",
  mainFields: ["module", "main"],
  minify: true,
  outExtension: { ".js": ".mjs" },
  // CommonJS dependencies ask for builtins by `require`, which ES modules do not have.
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
  logLevel: "warning",
} as const satisfies BuildOptions;

export interface BundleEntriesOptions {
  /** The folder of the sources. */
  root?: string;
  /** Emptied first. */
  outdir?: string;
}

/** Every entry, relative to the project's root. */
export function entriesIn(root = PROJECT_ROOT): string[] {
  return globSync(ENTRIES, { cwd: root })
    .map((entry) => entry.replaceAll("\\", "/"))
    .toSorted();
}

/** Writes a bundle for every entry, `<name of the entry>/index.mjs`: the same bytes wherever the sources are. */
export async function bundleEntries({
  root = PROJECT_ROOT,
  outdir = BUNDLES_FOLDER,
}: BundleEntriesOptions = {}): Promise<Metafile> {
  await rm(outdir, { recursive: true, force: true });
  const { metafile } = await build({
    ...BUNDLING,
    absWorkingDir: root,
    entryPoints: entriesIn(root).map((entry) => ({ in: entry, out: `${bundleFolder(entry)}/index` })),
    outdir,
    metafile: true,
  });
  return metafile;
}
