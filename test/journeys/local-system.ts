import { afterAll, beforeAll } from "vitest";
import type { LocalSystem } from "../../infra/local/start-local.ts";
import { startForTests } from "./start-for-tests.ts";

/** A template of its own takes seconds to be synthesized, and more of them on a busy machine. */
const READY_WITHIN_MS = 90_000;

/** Local mode for the tests of a file. What it is to be like is asked for when it starts. */
export function localSystem(
  timeScale: number,
  options: () => Parameters<typeof startForTests>[1] = () => ({}),
): () => LocalSystem {
  let started: LocalSystem | undefined;

  beforeAll(async () => {
    started = await startForTests(timeScale, options());
  }, READY_WITHIN_MS);
  afterAll(() => started?.close());

  return () => {
    if (started === undefined) throw new Error("Local mode has not started.");
    return started;
  };
}
