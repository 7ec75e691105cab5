import type { LocalSystem } from "../../infra/local/start-local.ts";
import { deployedTarget } from "./deployed-target.ts";
import { localSystem } from "./local-system.ts";
import { API_KEY } from "./start-for-tests.ts";

/** The system under test, as its users see it. */
export interface Target {
  apiUrl: string;
  sandboxUrl: string;
  apiKey: string;
}

/** Bank steps of 2 s take 0.1 s, and a challenge of 2 minutes 6 s. */
const TIME_SCALE = 20;

/**
 * What the tests of a file reach: the deployment that the environment names, or local mode, which starts for them at a pace
 * of their own.
 */
export function target(timeScale = TIME_SCALE): () => Target {
  const deployed = deployedTarget();
  if (deployed !== undefined) return () => deployed;
  const system = localSystem(timeScale);
  return () => targetOf(system());
}

export function targetOf({ apiUrl, sandboxUrl = "" }: LocalSystem): Target {
  return { apiUrl, sandboxUrl, apiKey: API_KEY };
}
