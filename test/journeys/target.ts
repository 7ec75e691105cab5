import * as z from "zod";
import type { LocalSystem } from "../../infra/local/start-local.ts";
import { API_KEY, localSystem } from "./start-for-tests.ts";

const environment = z.object({
  TARGET_API_URL: z.url(),
  TARGET_SANDBOX_URL: z.url(),
  TARGET_API_KEY: z.string().min(1),
  TARGET_SANDBOX_KEY: z.optional(z.string().min(1)),
});

/** The deployment that the environment names, if it names one. */
export function deployedTarget(): Target | undefined {
  if (process.env["TARGET_API_URL"] === undefined) return undefined;
  const { TARGET_SANDBOX_KEY: sandboxKey, ...named } = environment.parse(process.env);
  return {
    apiUrl: named.TARGET_API_URL,
    sandboxUrl: named.TARGET_SANDBOX_URL,
    apiKey: named.TARGET_API_KEY,
    ...(sandboxKey !== undefined && { sandboxKey }),
  };
}

/** The system under test, as its users see it. */
export interface Target {
  apiUrl: string;
  sandboxUrl: string;
  apiKey: string;
  /** The API key of a sandbox that takes only one. If it is deployed, its control API needs the key too. */
  sandboxKey?: string;
}

/** Bank steps of 2 s take 0.2 s. A challenge of 2 minutes lasts 12 s, so that an answer is in time on a busy machine too. */
const TIME_SCALE = 10;

/** The system for the tests of a file: the deployment that the environment names, or local mode at this pace. */
export function target(timeScale = TIME_SCALE): () => Target {
  const deployed = deployedTarget();
  if (deployed !== undefined) return () => deployed;
  const system = localSystem(timeScale);
  return () => targetOf(system());
}

export function targetOf({ apiUrl, sandboxUrl = "" }: LocalSystem): Target {
  return { apiUrl, sandboxUrl, apiKey: API_KEY };
}
