import { globSync } from "node:fs";
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build, type Metafile } from "esbuild";
import { BUNDLES_FOLDER, bundleFolder } from "./bundle-folder.ts";

const PROJECT_ROOT = fileURLToPath(new URL("../../", import.meta.url));

const ENTRIES = ["functions/**/*.lambda.ts", "sandbox/*.lambda.ts"];

/**
 * The esbuild options for a function. The bundle includes the AWS SDK, so that the deployed version is the tested version, and
 * a cold start loads less of it.
 */
export const BUNDLING = {
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node24",
  mainFields: ["module", "main"],
  minify: true,
  outExtension: { ".js": ".mjs" },
  // CommonJS dependencies load built-in modules with `require`, which ES modules do not have.
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
  logLevel: "warning",
} as const satisfies BuildOptions;

export interface BundleEntriesOptions {
  /** The folder that contains the sources. Default: the project root. */
  root?: string;
  /** Deleted before the build. Default: `BUNDLES_FOLDER`. */
  outdir?: string;
}

/** Returns the path of every entry, relative to the root, sorted. */
export function entriesIn(root = PROJECT_ROOT): string[] {
  return globSync(ENTRIES, { cwd: root })
    .map((entry) => entry.replaceAll("\\", "/"))
    .toSorted();
}

/**
 * Writes one bundle per entry, to `<name of the entry>/index.mjs`. The output does not depend on the location of the sources.
 */
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
