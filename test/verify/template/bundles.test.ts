import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { bundleEntries, entriesIn } from "../../../infra/bundling/bundle-entries.ts";
import { bundleFolder } from "../../../infra/bundling/bundle-folder.ts";

const project = fileURLToPath(new URL("../../../", import.meta.url));
const temporary = mkdtempSync(join(tmpdir(), "bundles-"));
const bundles = join(temporary, "bundles");
const { outputs } = await bundleEntries({ outdir: bundles });
const names = entriesIn().map(bundleFolder);

/** Imports the modules that the arguments name. */
const PRINT_TYPES_OF_HANDLERS =
  "for (const url of process.argv.slice(1)) console.log(typeof (await import(url)).handler);";

afterAll(() => rmSync(temporary, { recursive: true }));

test("Every entry has one bundle, and nothing else is written", () => {
  expect(names).toContain("create-connection");
  expect(readdirSync(bundles, { recursive: true }).map(String).toSorted()).toEqual(
    names.flatMap((name) => [name, join(name, "index.mjs")]).toSorted(),
  );
});

test("A bundle imports only modules of Node.js", () => {
  const imported = Object.values(outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  const builtin = (name: string) => name.startsWith("node:") || builtinModules.includes(name);
  expect(imported).not.toEqual([]);
  expect(imported.filter((name) => !builtin(name))).toEqual([]);
});

test("Every bundle loads without an environment, and prints nothing", async () => {
  const urls = names.map((name) => pathToFileURL(join(bundles, name, "index.mjs")).href);
  const program = ["--input-type=module", "--eval", PRINT_TYPES_OF_HANDLERS, ...urls];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, program, {
    env: {},
    cwd: temporary,
  });
  expect({ stdout, stderr }).toEqual({ stdout: "function\n".repeat(names.length), stderr: "" });
});

test("The bytes of a bundle do not depend on the folder of the sources", async () => {
  const root = join(temporary, "some", "other", "place");
  for (const part of [
    "functions",
    "infra",
    "sandbox",
    "docs/openapi.json",
    "package.json",
    "tsconfig.json",
  ]) {
    cpSync(join(project, part), join(root, part), { recursive: true });
  }
  symlinkSync(realpathSync(join(project, "node_modules")), join(root, "node_modules"));
  const elsewhere = join(temporary, "bundles-from-elsewhere");
  await bundleEntries({ root, outdir: elsewhere });
  for (const name of names) {
    const [here, there] = [bundles, elsewhere].map((folder) => readFileSync(join(folder, name, "index.mjs")));
    expect(there?.equals(here ?? Buffer.of()), name).toBe(true);
  }
});
