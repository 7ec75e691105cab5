import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { gunzipSync } from "node:zlib";
import { isLevelTable, readLevelTable } from "./level-table.ts";
import type { Sink } from "./scanner.ts";

const GZIP = Buffer.from("1f8b", "hex");

/** Every file of a folder, as it is, and once more in the clear where it is packed. */
export function filesIn(folder: string): Sink[] {
  const names = readdirSync(folder, { recursive: true })
    .map(String)
    .map((name) => join(folder, name));
  return names
    .filter((name) => statSync(name).isFile())
    .flatMap((name) => sinksOf(relative(folder, name), readFileSync(name)));
}

export function sinksOf(name: string, content: Buffer): Sink[] {
  const asItIs = { name, content };
  if (isLevelTable(content)) return [asItIs, { name: `${name}, unpacked`, content: readLevelTable(content) }];
  if (content.subarray(0, GZIP.length).equals(GZIP))
    return [asItIs, { name: `${name}, unpacked`, content: gunzipSync(content) }];
  return [asItIs];
}
