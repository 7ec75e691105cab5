import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/**
 * An empty directory for the tables of local mode, so that rows are not in the memory that a test measures. It is removed after the
 * hooks that are set later.
 */
export function dataDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "local-mode-"));
  afterAll(() => rmSync(directory, { recursive: true }));
  return directory;
}
