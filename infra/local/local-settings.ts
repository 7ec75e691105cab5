import { accessSync, constants, mkdirSync } from "node:fs";
import { resolve } from "node:path";
import * as z from "zod";
import { isUpstreamUrl } from "../aws/upstream-url.ts";

const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback);

/** For this machine only: the API listens on loopback, and the key opens nothing else. */
const DEVELOPMENT_KEY = "local-development-key";

const environment = z.object({
  PORT: port(3000),
  SANDBOX_PORT: port(3001),
  DATA_DIR: z.string().optional(),
  LOCAL_API_KEY: z
    .string()
    .regex(/^[\x21-\x7e]{8,256}$/)
    .default(DEVELOPMENT_KEY),
  TIME_SCALE: z.coerce.number().positive().max(1_000_000).default(1),
  UPSTREAM_URL: z.string().refine(isUpstreamUrl).optional(),
  UPSTREAM_API_KEY: z.string().optional(),
});

export interface LocalSettings {
  port: number;
  sandboxPort: number;
  /** Absolute, and there. */
  dataDir: string | undefined;
  apiKey: string;
  timeScale: number;
  /** The sandbox when absent. */
  upstream: { url: string; apiKey: string } | undefined;
}

/** Throws an `Error` of one line for values that cannot be used. */
export function readLocalSettings(variables: Record<string, string | undefined>): LocalSettings {
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ""));
  const parsed = environment.safeParse(given);
  if (!parsed.success) {
    const names = new Set(parsed.error.issues.map(({ path }) => String(path[0])));
    throw new Error(`Not valid in the environment: ${[...names].join(", ")}.`);
  }
  const { PORT, SANDBOX_PORT, DATA_DIR, LOCAL_API_KEY, TIME_SCALE, UPSTREAM_URL, UPSTREAM_API_KEY } =
    parsed.data;
  if (UPSTREAM_URL !== undefined && UPSTREAM_API_KEY === undefined) {
    throw new Error("UPSTREAM_URL needs UPSTREAM_API_KEY.");
  }
  return {
    port: PORT,
    sandboxPort: SANDBOX_PORT,
    dataDir: DATA_DIR === undefined ? undefined : writable(resolve(DATA_DIR)),
    apiKey: LOCAL_API_KEY,
    timeScale: TIME_SCALE,
    upstream:
      UPSTREAM_URL === undefined
        ? undefined
        : { url: UPSTREAM_URL.replace(/\/+$/, ""), apiKey: UPSTREAM_API_KEY ?? "" },
  };
}

function writable(directory: string): string {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    accessSync(directory, constants.W_OK);
    return directory;
  } catch {
    throw new Error(`DATA_DIR cannot be written: ${directory}`);
  }
}
