import { accessSync, constants, mkdirSync } from "node:fs";
import { resolve } from "node:path";
import * as z from "zod";
import { type Connect, connectWith } from "../../functions/access/caller.ts";
import { wordingOf } from "../../functions/http/errors.ts";
import { Refusal } from "../../functions/jobs/domain/refusal.ts";
import { requireReceiver } from "../../functions/webhooks/sending/receiver-url.ts";
import { colourProblem, PAGE_PROBLEMS } from "../aws/page-brand.ts";
import { DEPLOYMENT_SETTINGS, type DeploymentSetting } from "../aws/settings.ts";
import { isUpstreamUrl } from "../aws/upstream-url.ts";
import { DEVELOPMENT_KEY } from "./development-key.ts";

const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback);

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
  PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  WEBHOOK_URL: z.string().optional(),
});

/** The settings of a deployment that change its behaviour, by the variable that sets them in local mode. */
export const SETTINGS_OF_A_DEPLOYMENT = {
  ALLOW_UNBOUND_CLIENT_TOKENS: "allowUnboundClientTokens",
  ANSWER_WAIT_SECONDS: "answerWaitSeconds",
  APP_NAME: "appName",
  CONCURRENCY: "concurrency",
  CONNECT: "connect",
  CONSENT_UI_URL: "consentUiUrl",
  CORS_ORIGINS: "corsOrigins",
  FOLLOW_CONCURRENCY: "followConcurrency",
  FOLLOW_LIMIT_MINUTES: "followLimitMinutes",
  FOLLOW_SLICE_SECONDS: "followSliceSeconds",
  MAX_RUNNING_JOBS: "maxRunningJobs",
  MAX_WEBHOOKS: "maxWebhooks",
  PAGE_COLOUR: "pageColour",
  PAGE_COLOUR_DARK: "pageColourDark",
  PAGE_LOGO: "pageLogo",
  PAGE_PRIVACY_URL: "pagePrivacyUrl",
  PAGE_SUPPORT: "pageSupport",
  PAGE_TERMS_URL: "pageTermsUrl",
  PAGE_TEXTS: "pageTexts",
  QUEUE: "queue",
  RETENTION_DAYS: "retentionDays",
  RETURN_URLS: "returnUrls",
  STEP_RESULTS: "stepResults",
  UPSTREAM_VERSION: "upstreamVersion",
  WAITERS: "waiters",
} as const satisfies Record<string, DeploymentSetting>;

export interface LocalSettings {
  port: number;
  sandboxPort: number;
  /** An absolute path. The directory exists and is writable. */
  dataDir: string | undefined;
  apiKey: string;
  timeScale: number;
  /**
   * Whether to connect one bank as a demonstration. False with a data directory, where the job would remain; with another
   * aggregator, where the login would go to a real bank; and if only the Consent UI makes connections.
   */
  demonstrates: boolean;
  /** Who takes logins. */
  connect: Connect;
  /** Default: the sandbox. */
  upstream: { url: string; apiKey: string } | undefined;
  /** The settings of a deployment, as texts of the CDK's context. */
  deployment: Partial<Record<DeploymentSetting, string>>;
  /** The start of links, without a trailing slash. Default: the address of the API on this machine. */
  publicUrl: string | undefined;
  /** The URL of a receiver of webhooks, as the API stores it. */
  webhookUrl: string | undefined;
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
  const wrong = parsed.success ? [] : parsed.error.issues.map(({ path }) => String(path[0]));
  const notValid = new Set([...wrong, ...wrongSettings(given)]);
  if (!parsed.success || notValid.size > 0) {
    throw new Error(`Not valid in the environment: ${[...notValid].join(", ")}.`);
  }
  const { PORT, SANDBOX_PORT, DATA_DIR, LOCAL_API_KEY, DEMO, TIME_SCALE } = parsed.data;
  const { UPSTREAM_URL, UPSTREAM_API_KEY, PUBLIC_URL, WEBHOOK_URL } = parsed.data;
  const deployment = deploymentOf(given);
  const connect = connectOf(deployment);
  refuseFaintColours(deployment);
  if (UPSTREAM_URL !== undefined && UPSTREAM_API_KEY === undefined) {
    throw new Error("UPSTREAM_URL needs UPSTREAM_API_KEY.");
  }
  if (PUBLIC_URL !== undefined && LOCAL_API_KEY === DEVELOPMENT_KEY) {
    throw new Error("PUBLIC_URL needs a LOCAL_API_KEY of your own: everybody knows the one for development.");
  }
  return {
    port: PORT,
    sandboxPort: SANDBOX_PORT,
    dataDir: DATA_DIR === undefined ? undefined : writable(resolve(DATA_DIR)),
    apiKey: LOCAL_API_KEY,
    timeScale: TIME_SCALE,
    demonstrates:
      DEMO === "on" && DATA_DIR === undefined && UPSTREAM_URL === undefined && connect === "direct",
    connect,
    deployment: { ...OF_THIS_MACHINE, ...deployment },
    publicUrl: PUBLIC_URL?.replace(/\/+$/, ""),
    webhookUrl: WEBHOOK_URL === undefined ? undefined : receiverIn(WEBHOOK_URL),
    upstream:
      UPSTREAM_URL === undefined
        ? undefined
        : { url: UPSTREAM_URL.replace(/\/+$/, ""), apiKey: UPSTREAM_API_KEY ?? "" },
  };
}

/** Functions on this machine have no limit. */
const OF_THIS_MACHINE = { concurrency: "1000", maxRunningJobs: "0" } as const;

type Variables = Record<string, string | undefined>;

function wrongSettings(given: Variables): string[] {
  return Object.entries(SETTINGS_OF_A_DEPLOYMENT)
    .filter(([variable, name]) => !DEPLOYMENT_SETTINGS[name].safeParse(given[variable]).success)
    .map(([variable, name]) => `${variable}${reasonOf(name, given[variable] ?? "")}`);
}

/** A file for pages may be wrong in many ways. */
function reasonOf(name: DeploymentSetting, value: string): string {
  const problem = Object.entries(PAGE_PROBLEMS).find(([option]) => option === name)?.[1](value);
  return problem === undefined ? "" : ` (${problem})`;
}

function deploymentOf(given: Variables): LocalSettings["deployment"] {
  const set = Object.entries(SETTINGS_OF_A_DEPLOYMENT).flatMap(([variable, name]) => {
    const value = given[variable];
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(set);
}

function connectOf(deployment: LocalSettings["deployment"]): Connect {
  const version = DEPLOYMENT_SETTINGS.upstreamVersion.parse(deployment.upstreamVersion);
  const connect = connectWith(version, DEPLOYMENT_SETTINGS.connect.parse(deployment.connect));
  if (connect !== undefined) return connect;
  throw new Error(
    "CONNECT=direct needs UPSTREAM_VERSION 2.0 or 2.1: in 3.0, only the Consent UI makes connections.",
  );
}

/** Throws the sentence that says how much contrast is missing. */
function refuseFaintColours(deployment: LocalSettings["deployment"]): void {
  const wrong = colourProblem(deployment);
  if (wrong === undefined) return;
  const [variable] = Object.entries(SETTINGS_OF_A_DEPLOYMENT).find(([, name]) => name === wrong.name) ?? [];
  throw new Error(`${variable}: ${wrong.problem}.`);
}

/** The API itself knows its own address, and refuses it as a receiver. */
function receiverIn(url: string): string {
  try {
    return requireReceiver(url, { ownHosts: [], allowsLoopback: true }).href;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { detail = "" } = wordingOf(error.problems[0].reason);
    throw new Error(
      `WEBHOOK_URL is not allowed. ${detail} A receiver on this machine may have http and any port.`,
    );
  }
}

/** Throws for a variable that differs from a setting only in case or punctuation. Otherwise it would be silently ignored. */
function refuseMisspelled(names: readonly string[]): void {
  const bare = (name: string) => name.toUpperCase().replaceAll(/[^A-Z0-9]/g, "");
  const known = [...Object.keys(environment.shape), ...Object.keys(SETTINGS_OF_A_DEPLOYMENT)];
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
