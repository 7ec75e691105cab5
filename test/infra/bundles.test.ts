import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { bundleEntries, entriesIn } from "../../infra/bundling/bundle-entries.ts";
import { bundleFolder } from "../../infra/bundling/bundle-folder.ts";

const project = fileURLToPath(new URL("../../", import.meta.url));
const temporary = mkdtempSync(join(tmpdir(), "bundles-"));
const bundles = join(temporary, "bundles");
const { outputs } = await bundleEntries({ outdir: bundles });
const names = entriesIn().map(bundleFolder);

const PRINT_TYPE_OF_HANDLER =
  "const { handler } = await import(process.argv[1]); process.stdout.write(typeof handler);";

afterAll(() => rmSync(temporary, { recursive: true }));

test("there is one bundle for every entry, and nothing else", () => {
  expect(names).toContain("create-connection");
  expect(readdirSync(bundles, { recursive: true }).map(String).toSorted()).toEqual(
    names.flatMap((name) => [name, join(name, "index.mjs")]).toSorted(),
  );
});

test("a bundle imports what Node.js brings, and nothing else", () => {
  const imported = Object.values(outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  const builtin = (name: string) => name.startsWith("node:") || builtinModules.includes(name);
  expect(imported).not.toEqual([]);
  expect(imported.filter((name) => !builtin(name))).toEqual([]);
});

test.each(names)("%s loads in a process of its own, without an environment", async (name) => {
  const bundle = pathToFileURL(join(bundles, name, "index.mjs")).href;
  const program = ["--input-type=module", "--eval", PRINT_TYPE_OF_HANDLER, bundle];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, program, {
    env: {},
    cwd: temporary,
  });
  expect({ stdout, stderr }).toEqual({ stdout: "function", stderr: "" });
});

test("the bytes do not depend on where the sources are", async () => {
  const root = join(temporary, "some", "other", "place");
  for (const part of ["functions", "infra", "sandbox", "package.json", "tsconfig.json"]) {
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
