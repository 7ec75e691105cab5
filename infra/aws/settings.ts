import type { Construct } from "constructs";
import * as z from "zod/mini";
import {
  API_VERSIONS,
  CONNECTS,
  connectWith,
  DEFAULT_UPSTREAM_VERSION,
  DIRECT_NEEDS_2,
} from "../../functions/access/caller.ts";
import {
  DEFAULT_ANSWER_WAIT_SECONDS,
  MAX_ANSWER_WAIT_SECONDS,
} from "../../functions/jobs/domain/challenge.ts";
import {
  DEFAULT_FOLLOW_LIMIT_MINUTES,
  DEFAULT_FOLLOW_SLICE_SECONDS,
  MAX_FOLLOW_LIMIT_MINUTES,
  MAX_FOLLOW_SLICE_SECONDS,
} from "../../functions/jobs/domain/following.ts";
import { HIGHEST_MAX_RUNNING_JOBS } from "../../functions/jobs/domain/running.ts";
import { DEFAULT_RETENTION_DAYS, MAX_RETENTION_DAYS } from "../../functions/jobs/domain/times-to-live.ts";
import { DEFAULT_WAITERS, MAX_WAITERS } from "../../functions/jobs/domain/waiting.ts";
import { isAppName } from "../../functions/links/domain/link.ts";
import { isReturnUrl } from "../../functions/links/domain/return-urls.ts";
import { LOG_LEVELS, MONITORING } from "../../functions/platform/environment.ts";
import { MAX_ENDPOINTS } from "../../functions/webhooks/domain/endpoint.ts";
import {
  APP_NAME_RULE,
  ARCHIVE_NEEDS_BUS,
  DEFAULT_CONSENT_UI_URL,
  HIGHEST_CONCURRENCY,
  RETURN_URL_RULE,
  WEBHOOKS_NEED_3,
} from "./checked-props.ts";
import { colourProblem, PAGE_PROBLEMS, type PageBrand } from "./page-brand.ts";
import { isUpstreamUrl, withoutSlashAtTheEnd } from "./upstream-url.ts";

const upstreamUrl = z
  .string()
  .check(z.refine(isUpstreamUrl, "must be an https address"), z.overwrite(withoutSlashAtTheEnd));

/** `-c name=value` passes text; `cdk.json` may also contain numbers. */
const aNumber = z.pipe(
  z.union([z.number(), z.string().check(z.regex(/^\d{1,5}$/))], "must be a whole number"),
  z.transform(Number),
);
const days = z.pipe(aNumber, z.int().check(z.minimum(1), z.maximum(MAX_RETENTION_DAYS)));
const archiveDays = z.pipe(aNumber, z.int().check(z.minimum(0), z.maximum(MAX_RETENTION_DAYS)));
const minutes = z.pipe(aNumber, z.int().check(z.minimum(1), z.maximum(MAX_FOLLOW_LIMIT_MINUTES)));
const slice = z.pipe(aNumber, z.int().check(z.minimum(0), z.maximum(MAX_FOLLOW_SLICE_SECONDS)));
const webhooks = z.pipe(aNumber, z.int().check(z.minimum(0), z.maximum(MAX_ENDPOINTS)));
const concurrency = z.pipe(aNumber, z.int().check(z.minimum(1), z.maximum(HIGHEST_CONCURRENCY)));
const reserved = z.pipe(aNumber, z.int().check(z.minimum(1), z.maximum(1_000)));
const answerWait = z.pipe(aNumber, z.int().check(z.minimum(0), z.maximum(MAX_ANSWER_WAIT_SECONDS)));
const runningJobs = z.pipe(aNumber, z.int().check(z.minimum(0), z.maximum(HIGHEST_MAX_RUNNING_JOBS)));
const waiters = z.pipe(aNumber, z.int().check(z.minimum(0), z.maximum(MAX_WAITERS)));
/** CloudWatch Logs accepts only these values. */
const LOG_RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];
const logDays = z.pipe(
  aNumber,
  z.number().check(
    z.refine((value) => LOG_RETENTION_DAYS.includes(value), {
      error: `must be one of ${LOG_RETENTION_DAYS.join(", ")}`,
    }),
  ),
);
const flag = z.union([z.boolean(), z.stringbool()]);
const origin = z
  .string()
  .check(z.regex(/^(\*|https?:\/\/[^\s/*]+)$/, "must be * or an origin such as https://app.example.com"));
const returnUrl = z.string().check(z.refine(isReturnUrl, RETURN_URL_RULE));
const listed = z.union([
  z.array(z.string()),
  z.pipe(
    z.string(),
    z.transform((text: string) => text.split(",").map((part) => part.trim())),
  ),
]);

function pageOption(name: keyof PageBrand) {
  return z.optional(
    z.string().check((payload) => {
      const message = PAGE_PROBLEMS[name](payload.value);
      if (message !== undefined) payload.issues.push({ code: "custom", message, input: payload.value });
    }),
  );
}

const settingsSchema = z
  .object({
    stage: z.optional(z.string().check(z.regex(/^[a-zA-Z][a-zA-Z0-9-]{0,30}$/, "must be a short name"))),
    upstream: z._default(z.enum(["basiq", "sandbox"]), "basiq"),
    upstreamUrl,
    upstreamVersion: z._default(z.enum(API_VERSIONS), DEFAULT_UPSTREAM_VERSION),
    connect: z.optional(z.enum(CONNECTS)),
    upstreamApiKeySecret: z.string().check(z.minLength(1)),
    upstreamWebhookSecret: z.optional(z.string().check(z.minLength(1))),
    stepResults: z._default(z.enum(["object", "list"]), "object"),
    allowUnboundClientTokens: z._default(flag, false),
    answerWaitSeconds: z._default(answerWait, DEFAULT_ANSWER_WAIT_SECONDS),
    waiters: z._default(waiters, DEFAULT_WAITERS),
    concurrency: z.optional(concurrency),
    maxRunningJobs: z.optional(runningJobs),
    queue: z._default(flag, true),
    followLimitMinutes: z._default(minutes, DEFAULT_FOLLOW_LIMIT_MINUTES),
    followSliceSeconds: z._default(slice, DEFAULT_FOLLOW_SLICE_SECONDS),
    followConcurrency: z.optional(reserved),
    retentionDays: z._default(days, DEFAULT_RETENTION_DAYS),
    deletionProtection: z._default(flag, false),
    logRetentionDays: z._default(logDays, 90),
    logLevel: z._default(z.enum(LOG_LEVELS), "info"),
    monitoring: z._default(z.enum(MONITORING), "full"),
    alarmEmail: z.optional(z.email()),
    // API Gateway refuses capitals in a domain name, and names are the same in any case.
    domainName: z.optional(z.hostname().check(z.toLowerCase())),
    certificateArn: z.optional(
      z.string().check(z.regex(/^arn:[\w-]+:acm:[\w-]+:\d{12}:certificate\/[\w-]+$/, "must be an ACM ARN")),
    ),
    eventBus: z._default(flag, false),
    eventArchiveDays: z._default(archiveDays, 0),
    maxWebhooks: z._default(webhooks, MAX_ENDPOINTS),
    appName: z.optional(z.string().check(z.refine(isAppName, APP_NAME_RULE))),
    pageLogo: pageOption("pageLogo"),
    pageColour: pageOption("pageColour"),
    pageColourDark: pageOption("pageColourDark"),
    pageSupport: pageOption("pageSupport"),
    pagePrivacyUrl: pageOption("pagePrivacyUrl"),
    pageTermsUrl: pageOption("pageTermsUrl"),
    pageTexts: pageOption("pageTexts"),
    returnUrls: z._default(z.pipe(listed, z.array(returnUrl)), []),
    consentUiUrl: z._default(
      z.string().check(z.refine(isUpstreamUrl, "must be an https address")),
      DEFAULT_CONSENT_UI_URL,
    ),
    corsOrigins: z._default(z.pipe(listed, z.array(origin)), []),
  })
  .check(
    z.refine(({ upstreamVersion, connect }) => connectWith(upstreamVersion, connect) !== undefined, {
      error: DIRECT_NEEDS_2,
      path: ["connect"],
    }),
    z.refine(
      ({ upstreamVersion, upstreamWebhookSecret }) =>
        upstreamWebhookSecret === undefined || upstreamVersion === "3.0",
      { error: WEBHOOKS_NEED_3, path: ["upstreamWebhookSecret"] },
    ),
    (payload) => {
      const wrong = colourProblem(payload.value);
      if (wrong === undefined) return;
      const { name, problem } = wrong;
      payload.issues.push({ code: "custom", path: [name], message: problem, input: payload.value });
    },
    z.refine(({ eventBus, eventArchiveDays }) => eventBus || eventArchiveDays === 0, {
      error: ARCHIVE_NEEDS_BUS,
      path: ["eventArchiveDays"],
    }),
    z.refine((all) => (all.domainName === undefined) === (all.certificateArn === undefined), {
      error: "domainName and certificateArn go together",
      path: ["certificateArn"],
    }),
  );

export type Settings = z.infer<typeof settingsSchema>;

/** Every setting of a deployment, with its form. */
export const DEPLOYMENT_SETTINGS = settingsSchema.shape;
export type DeploymentSetting = keyof typeof DEPLOYMENT_SETTINGS;

const NAMES = Object.keys(settingsSchema.shape);

/**
 * Reads the settings of a deployment from the CDK context. Throws an error of one line that names all unknown settings, or
 * else all invalid settings.
 */
export function readSettings(scope: Construct): Settings {
  const unknown = unknownNames(scope);
  if (unknown.length > 0) throw new Error(`There are no such settings: ${unknown.join(", ")}`);
  const given = Object.fromEntries(NAMES.map((name) => [name, scope.node.tryGetContext(name)]));
  const parsed = settingsSchema.safeParse(given, { error: z.locales.en().localeError });
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map(({ path, message }) => `${path[0]?.toString()}: ${message}`);
  throw new Error(`Settings are not valid: ${wrong.join("; ")}`);
}

/** Matches our settings. The CDK's own context keys are package names or contain colons. */
const OURS = /^[\w-]+$/;

function unknownNames(scope: Construct): string[] {
  const given: unknown = scope.node.getAllContext();
  return Object.keys(Object(given)).filter((name) => OURS.test(name) && !NAMES.includes(name));
}
