import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { picturesOf, tablesOf, withTables } from "./page.ts";
import { allSimulations, readResults, writeResults } from "./results.ts";

/*
 * Simulates what the page shows, stores the results, and writes the page's tables and pictures. An argument chooses the simulations
 * whose names contain it, such as `alone: plain`; `none` only writes.
 */

process.env["LOG_LEVEL"] = "error";
const [, , wanted = ""] = process.argv;
for (const { part, name, run } of allSimulations()) {
  if (!`${part}: ${name}`.includes(wanted)) continue;
  const startedAt = Date.now();
  const result = await run();
  const results = readResults();
  writeResults({ ...results, [part]: { ...results[part], [name]: result } });
  process.stdout.write(`${part}: ${name} (${Math.round((Date.now() - startedAt) / 1000)} s)\n`);
}

const results = readResults();
const page = new URL("../../../docs/capacity.md", import.meta.url);
writeFileSync(page, withTables(readFileSync(page, "utf8"), tablesOf(results)));
const images = new URL("../../../docs/images/", import.meta.url);
mkdirSync(images, { recursive: true });
for (const [file, text] of Object.entries(picturesOf(results))) writeFileSync(new URL(file, images), text);
