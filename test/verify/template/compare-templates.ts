import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/*
 * Compares the templates of two folders that `cdk synth -o` wrote: `node test/verify/template/compare-templates.ts BEFORE AFTER`. Ends with 1
 * when they differ in anything but memory sizes, source files of functions, hashes of assets and descriptions.
 */

/** These follow from the bytes of code, or are read by people only. */
const IGNORED = ["S3Key", "Description", "aws:asset:path"];
/** The source file of a function, which local mode reads. */
const HARMLESS = ["MemorySize", "connection-jobs:entry"];

/** Where two templates differ, a line for each place. */
export function differencesOf(before: unknown, after: unknown): { harmless: string[]; others: string[] } {
  const [old, current] = [leavesOf(before), leavesOf(after)];
  const found = [...new Set([...old.keys(), ...current.keys()])]
    .toSorted()
    .filter((path) => old.get(path) !== current.get(path) && !IGNORED.includes(lastOf(path)))
    .map((path) => ({
      path,
      line: `${path}: ${old.get(path) ?? "nothing"} → ${current.get(path) ?? "nothing"}`,
    }));
  const { harmless = [], others = [] } = Object.groupBy(found, ({ path }) =>
    HARMLESS.includes(lastOf(path)) ? "harmless" : "others",
  );
  return { harmless: harmless.map(({ line }) => line), others: others.map(({ line }) => line) };
}

const lastOf = (path: string) => path.split("/").at(-1) ?? "";

/** Every value by the keys that lead to it. A list or an object without anything in it is a value too. */
function leavesOf(value: unknown, path = ""): Map<string, string> {
  const parts = typeof value === "object" && value !== null ? Object.entries(value) : [];
  if (parts.length === 0) return new Map(value === undefined ? [] : [[path, JSON.stringify(value)]]);
  return new Map(parts.flatMap(([key, part]) => [...leavesOf(part, path === "" ? key : `${path}/${key}`)]));
}

function templatesIn(folder: string): Map<string, unknown> {
  const files = globSync("*.template.json", { cwd: folder });
  return new Map(files.map((file) => [file, JSON.parse(readFileSync(join(folder, file), "utf8"))]));
}

if (import.meta.main) {
  const [before, after] = process.argv.slice(2);
  if (before === undefined || after === undefined) {
    throw new Error("Usage: node test/verify/template/compare-templates.ts BEFORE AFTER");
  }
  const [old, current] = [templatesIn(before), templatesIn(after)];
  const names = [...new Set([...old.keys(), ...current.keys()])].toSorted();
  if (names.length === 0) throw new Error("Neither folder has a template.");
  for (const name of names) {
    const { others, harmless } = differencesOf(old.get(name), current.get(name));
    const lines = [
      `Differences: ${others.length}`,
      ...others,
      `Without effect: ${harmless.length}`,
      ...harmless,
    ];
    process.stdout.write(`${name}\n${lines.join("\n")}\n`);
    if (others.length > 0) process.exitCode = 1;
  }
}
