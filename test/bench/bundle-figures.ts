import { execFile } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { percentile } from "./percentile.ts";

export interface BundleFigures {
  name: string;
  bytes: number;
  /** What a fresh process takes longer with it than without anything. */
  importMs: number;
}

const RUNS = 7;

/** Of every `<name>/index.mjs` in a folder. */
export async function bundleFigures(folder: string): Promise<BundleFigures[]> {
  const emptyMs = await medianMs("");
  const figures: BundleFigures[] = [];
  for (const name of readdirSync(folder).toSorted()) {
    const file = join(folder, name, "index.mjs");
    const importing = `await import(${JSON.stringify(pathToFileURL(file).href)})`;
    figures.push({ name, bytes: statSync(file).size, importMs: (await medianMs(importing)) - emptyMs });
  }
  return figures;
}

async function medianMs(program: string): Promise<number> {
  const took: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const startedAt = performance.now();
    await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program]);
    took.push(performance.now() - startedAt);
  }
  return percentile(took, 50);
}
