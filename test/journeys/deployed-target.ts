import * as z from "zod";
import type { Target } from "./target.ts";

const environment = z.object({
  TARGET_API_URL: z.url(),
  TARGET_SANDBOX_URL: z.url(),
  TARGET_API_KEY: z.string().min(1),
});

/** The deployment that the environment names, if it names one. */
export function deployedTarget(): Target | undefined {
  if (process.env["TARGET_API_URL"] === undefined) return undefined;
  const { TARGET_API_URL, TARGET_SANDBOX_URL, TARGET_API_KEY } = environment.parse(process.env);
  return { apiUrl: TARGET_API_URL, sandboxUrl: TARGET_SANDBOX_URL, apiKey: TARGET_API_KEY };
}
