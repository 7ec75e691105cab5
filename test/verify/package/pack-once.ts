import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { TestProject } from "vitest/node";
import * as z from "zod";

declare module "vitest" {
  interface ProvidedContext {
    /** The package as `npm pack` makes it: its archive, and the paths in it. */
    packed: { archive: string; files: string[] };
  }
}

const ROOT = join(import.meta.dirname, "../../..");
const output = z.tuple([z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) })]);

/** Packs the project once for all files: two runs at the same time would build the same folder. */
export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "connection-jobs-package-"));
  const pack = ["pack", "--json", "--silent", "--pack-destination", folder];
  const { stdout } = await promisify(execFile)("npm", pack, { cwd: ROOT, maxBuffer: 16 * 1024 * 1024 });
  const [{ filename, files }] = output.parse(JSON.parse(stdout));
  provide("packed", { archive: join(folder, filename), files: files.map(({ path }) => path) });
  return () => rm(folder, { recursive: true, force: true });
}
