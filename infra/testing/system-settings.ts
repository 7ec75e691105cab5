import * as z from "zod";
import {
  API_VERSIONS,
  CONNECTS,
  connectWith,
  DEFAULT_UPSTREAM_VERSION,
} from "../../functions/access/caller.ts";
import { MAX_ANSWER_WAIT_SECONDS } from "../../functions/jobs/domain/challenge.ts";
import { MAX_FOLLOW_LIMIT_MINUTES, MAX_FOLLOW_SLICE_SECONDS } from "../../functions/jobs/domain/following.ts";
import { HIGHEST_MAX_RUNNING_JOBS } from "../../functions/jobs/domain/running.ts";
import { MAX_RETENTION_DAYS } from "../../functions/jobs/domain/times-to-live.ts";
import { MAX_WAITERS } from "../../functions/jobs/domain/waiting.ts";
import { isAppName } from "../../functions/links/domain/link.ts";
import { isReturnUrl } from "../../functions/links/domain/return-urls.ts";
import { LOG_LEVELS } from "../../functions/platform/environment.ts";
import { MAX_ENDPOINTS } from "../../functions/webhooks/domain/endpoint.ts";
import type { DeploymentSetting } from "../aws/settings.ts";
import { isUpstreamUrl } from "../aws/upstream-url.ts";
import type { Variables } from "./templates.ts";

const whole = (from: number, to: number) => z.int().min(from).max(to).optional();

/** The settings of a deployment that a test system takes. */
const settingsShape = {
  allowUnboundClientTokens: z.boolean().optional(),
  answerWaitSeconds: whole(0, MAX_ANSWER_WAIT_SECONDS),
  appName: z.string().refine(isAppName).optional(),
  connect: z.enum(CONNECTS).optional(),
  consentUiUrl: z.string().refine(isUpstreamUrl).optional(),
  followLimitMinutes: whole(1, MAX_FOLLOW_LIMIT_MINUTES),
  followSliceSeconds: whole(0, MAX_FOLLOW_SLICE_SECONDS),
  maxRunningJobs: whole(0, HIGHEST_MAX_RUNNING_JOBS),
  maxWebhooks: whole(0, MAX_ENDPOINTS),
  queue: z.boolean().optional(),
  retentionDays: whole(1, MAX_RETENTION_DAYS),
  returnUrls: z.array(z.string().refine(isReturnUrl)).optional(),
  stepResults: z.enum(["object", "list"]).optional(),
  upstreamVersion: z.enum(API_VERSIONS).default(DEFAULT_UPSTREAM_VERSION),
  waiters: whole(0, MAX_WAITERS),
} satisfies { [name in DeploymentSetting]?: z.ZodType };

const settingsSchema = z.strictObject({ ...settingsShape, logLevel: z.enum(LOG_LEVELS) });

export type SystemSettings = z.infer<typeof settingsSchema>;

/** @throws an `Error` of one line that names the settings that are not valid. */
export function readSystemSettings(given: unknown): SystemSettings & { connect: "direct" | "consent-ui" } {
  const parsed = settingsSchema.safeParse(given);
  if (!parsed.success) {
    const names = parsed.error.issues.flatMap((issue) =>
      issue.code === "unrecognized_keys" ? issue.keys : String(issue.path[0]),
    );
    throw new Error(`Not valid for a test system: ${[...new Set(names)].join(", ")}.`);
  }
  const connect = connectWith(parsed.data.upstreamVersion, parsed.data.connect);
  if (connect === undefined) {
    throw new Error(
      'connect: "direct" needs upstreamVersion 2.0 or 2.1: in 3.0, only the Consent UI makes connections.',
    );
  }
  return { ...parsed.data, connect };
}

/** The variable that each setting becomes. */
export const VARIABLES = {
  allowUnboundClientTokens: "ALLOW_UNBOUND_CLIENT_TOKENS",
  answerWaitSeconds: "ANSWER_WAIT_SECONDS",
  appName: "APP_NAME",
  connect: "CONNECT",
  consentUiUrl: "CONSENT_UI_URL",
  followLimitMinutes: "FOLLOW_LIMIT_MINUTES",
  followSliceSeconds: "FOLLOW_SLICE_SECONDS",
  maxRunningJobs: "MAX_RUNNING_JOBS",
  maxWebhooks: "MAX_WEBHOOKS",
  queue: "QUEUE",
  retentionDays: "RETENTION_DAYS",
  returnUrls: "RETURN_URLS",
  stepResults: "STEP_RESULTS",
  upstreamVersion: "UPSTREAM_VERSION",
  waiters: "WAITERS",
} as const satisfies { [name in keyof typeof settingsShape]: string };

/** Returns the variables of functions that a deployment with these settings would have. */
export function variablesOf(settings: SystemSettings): Variables {
  const set = Object.entries(settings).flatMap(([name, value]) => {
    if (!isVariable(name) || value === undefined) return [];
    const text = name === "queue" ? (value ? "on" : "off") : String(value);
    return [[VARIABLES[name], text]];
  });
  // A test system has as many functions as it needs.
  return { ...Object.fromEntries(set), CONCURRENCY: "1000" };
}

function isVariable(name: string): name is keyof typeof VARIABLES {
  return Object.hasOwn(VARIABLES, name);
}
