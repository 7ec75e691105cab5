import { accessSync, constants, mkdirSync } from "node:fs";
import { resolve } from "node:path";
import * as z from "zod";
import { isUpstreamUrl } from "../aws/upstream-url.ts";

const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback);

/** Safe as a fixed value: the API listens on loopback only, and the key is valid nowhere else. */
const DEVELOPMENT_KEY = "local-development-key";

const environment = z.object({
  PORT: port(3000),
  SANDBOX_PORT: port(3001),
  DATA_DIR: z.string().optional(),
  LOCAL_API_KEY: z
    .string()
    .regex(/^[\x21-\x7e]{8,256}$/)
    .default(DEVELOPMENT_KEY),
  DEMO: z.enum(["on", "off"]).default("on"),
  TIME_SCALE: z.coerce.number().positive().max(1_000_000).default(1),
  UPSTREAM_URL: z.string().refine(isUpstreamUrl).optional(),
  UPSTREAM_API_KEY: z.string().optional(),
});

export interface LocalSettings {
  port: number;
  sandboxPort: number;
  /** An absolute path. The directory exists and is writable. */
  dataDir: string | undefined;
  apiKey: string;
  timeScale: number;
  /**
   * Whether to connect one bank as a demonstration. False with a data directory, where the job would remain, and with another
   * aggregator, where the login would go to a real bank.
   */
  demonstrates: boolean;
  /** Default: the sandbox. */
  upstream: { url: string; apiKey: string } | undefined;
}

/**
 * Reads the settings from environment variables. Treats empty variables as missing.
 *
 * @throws an `Error` with a one-line message if a variable is not valid or misspelled.
 */
export function readLocalSettings(variables: Record<string, string | undefined>): LocalSettings {
  refuseMisspelled(Object.keys(variables));
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ""));
  const parsed = environment.safeParse(given);
  if (!parsed.success) {
    const names = new Set(parsed.error.issues.map(({ path }) => String(path[0])));
    throw new Error(`Not valid in the environment: ${[...names].join(", ")}.`);
  }
  const { PORT, SANDBOX_PORT, DATA_DIR, LOCAL_API_KEY, DEMO, TIME_SCALE, UPSTREAM_URL, UPSTREAM_API_KEY } =
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
    demonstrates: DEMO === "on" && DATA_DIR === undefined && UPSTREAM_URL === undefined,
    upstream:
      UPSTREAM_URL === undefined
        ? undefined
        : { url: UPSTREAM_URL.replace(/\/+$/, ""), apiKey: UPSTREAM_API_KEY ?? "" },
  };
}

/** Throws for a variable that differs from a setting only in case or punctuation. Otherwise it would be silently ignored. */
function refuseMisspelled(names: readonly string[]): void {
  const bare = (name: string) => name.toUpperCase().replaceAll(/[^A-Z0-9]/g, "");
  const known = Object.keys(environment.shape);
  const meant = new Map(known.map((name) => [bare(name), name]));
  for (const name of names) {
    const right = meant.get(bare(name));
    if (right !== undefined && !known.includes(name)) {
      throw new Error(`The environment has ${name}, which nothing reads. Did you mean ${right}?`);
    }
  }
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
