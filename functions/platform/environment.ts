/** From the most to the least verbose level. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** How much CloudWatch watches a deployment. `basic`: only three alarms, and the metrics that they read. */
export const MONITORING = ["full", "basic"] as const;
export type Monitoring = (typeof MONITORING)[number];

/** All variables that our functions read. Only this file reads them. */
type VariableName =
  | "API_URL"
  | "CONSENT_UI_URL"
  | "DELIVER_FUNCTION"
  | "EVENTS_TABLE"
  | "JOBS_TABLE"
  | "OWN_URLS"
  | "SECRETS_TABLE"
  | "SEALING_KEY_ID"
  | "SIGNING_KEY_ID"
  | "STATE_MACHINE_ARN"
  | "UPSTREAM_URL"
  | "UPSTREAM_VERSION"
  | "UPSTREAM_API_KEY_SECRET";

type SettingName =
  | "ALLOW_UNBOUND_CLIENT_TOKENS"
  | "ANSWER_WAIT_SECONDS"
  | "APP_NAME"
  | "CONCURRENCY"
  | "CONNECT"
  | "FOLLOW_LIMIT_MINUTES"
  | "FOLLOW_SLICE_SECONDS"
  | "LOG_LEVEL"
  | "MAX_RUNNING_JOBS"
  | "MAX_WEBHOOKS"
  | "METRICS_NAMESPACE"
  | "PAGE_BRAND"
  | "MONITORING"
  | "QUEUE"
  | "RETENTION_DAYS"
  | "RETURN_URLS"
  | "STEP_RESULTS"
  | "TIME_SCALE"
  | "UPSTREAM_WEBHOOK_SECRET"
  | "WAITERS";

/** Returns a mandatory variable. Throws if it is missing or empty. */
export function environment(name: VariableName): string {
  const value = process.env[name];
  if (!value) throw new Error(`The environment variable ${name} is missing.`);
  return value;
}

/**
 * Returns an optional setting, or `undefined` if it is missing or empty. The code that uses a
 * setting defines its default.
 */
export function setting(name: SettingName): string | undefined {
  return process.env[name] || undefined;
}
