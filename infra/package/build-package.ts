import { execFile } from "node:child_process";
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { bundleClient } from "../bundling/bundle-client.ts";
import { bundleEntries } from "../bundling/bundle-entries.ts";
import { bundleProgram } from "../bundling/bundle-program.ts";
import { buildTesting } from "./build-testing.ts";

const PROJECT_ROOT = fileURLToPath(new URL("../../", import.meta.url));
const DIST = join(PROJECT_ROOT, "dist");
const LANGUAGES = "functions/page/languages";

/*
 * Builds the content of `npm pack`: the construct as JavaScript with its types, the bundles of the functions, the command line and
 * its part for API keys under its earlier name, the client with its types, and the test system. A user of the construct needs the
 * CDK, and all others need nothing else.
 */
await rm(DIST, { recursive: true, force: true });
await promisify(execFile)("tsc", ["--project", join(PROJECT_ROOT, "infra/package/tsconfig.json")]);
// The construct compares the texts of a deployment with these.
await cp(join(PROJECT_ROOT, LANGUAGES), join(DIST, LANGUAGES), { recursive: true });
await bundleEntries({ outdir: join(DIST, "bundles") });
await promisify(execFile)("tsc", ["--project", join(PROJECT_ROOT, "infra/package/client.tsconfig.json")]);
await bundleClient(join(DIST, "client.js"));
await bundleProgram("infra/cli/main.ts", join(DIST, "cli.mjs"));
await bundleProgram("infra/cli/keys/main.ts", join(DIST, "keys.mjs"));
await buildTesting(DIST);
