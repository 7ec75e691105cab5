import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { bundleEntries } from "../bundling/bundle-entries.ts";
import { bundleProgram } from "../bundling/bundle-program.ts";

const PROJECT_ROOT = fileURLToPath(new URL("../../", import.meta.url));
const DIST = join(PROJECT_ROOT, "dist");

/*
 * Builds the content of `npm pack`: the construct as JavaScript with its types, the bundles of the functions, and the program
 * that manages API keys. A user of the package needs the CDK and nothing else.
 */
await rm(DIST, { recursive: true, force: true });
await promisify(execFile)("tsc", ["--project", join(PROJECT_ROOT, "infra/package/tsconfig.json")]);
await bundleEntries({ outdir: join(DIST, "bundles") });
await bundleProgram("infra/keys/main.ts", join(DIST, "keys.mjs"));
