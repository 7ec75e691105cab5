import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { compareTemplates, renderCompared } from "./template-differences.ts";

/*
 * Compares the templates of two folders that `cdk synth -o` wrote: `node test/infra/compare-templates.ts BEFORE AFTER`. Ends with 1
 * when they differ in anything but memory sizes, source files of functions, hashes of assets and descriptions.
 */

function templatesIn(folder: string): Map<string, unknown> {
  const files = globSync("*.template.json", { cwd: folder });
  return new Map(files.map((file) => [file, JSON.parse(readFileSync(join(folder, file), "utf8"))]));
}

const [before, after] = process.argv.slice(2);
if (before === undefined || after === undefined) {
  throw new Error("Usage: node test/infra/compare-templates.ts BEFORE AFTER");
}
const [old, current] = [templatesIn(before), templatesIn(after)];
const names = [...new Set([...old.keys(), ...current.keys()])].toSorted();
if (names.length === 0) throw new Error("Neither folder has a template.");
for (const name of names) {
  const compared = compareTemplates(old.get(name), current.get(name));
  process.stdout.write(`${name}\n${renderCompared(compared)}\n`);
  if (compared.others.length > 0) process.exitCode = 1;
}
