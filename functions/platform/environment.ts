/** From the most talkative on. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Every variable that our functions read. This is the one place that reads them. */
type VariableName =
  | "API_URL"
  | "JOBS_TABLE"
  | "SECRETS_TABLE"
  | "SEALING_KEY_ID"
  | "SIGNING_KEY_ID"
  | "STATE_MACHINE_ARN"
  | "UPSTREAM_URL"
  | "UPSTREAM_VERSION"
  | "UPSTREAM_API_KEY_SECRET";

type SettingName =
  | "ALLOW_UNBOUND_CLIENT_TOKENS"
  | "FOLLOW_LIMIT_MINUTES"
  | "LOG_LEVEL"
  | "METRICS_NAMESPACE"
  | "QUEUE"
  | "RETENTION_DAYS"
  | "STEP_RESULTS"
  | "TIME_SCALE";

/** The value of a variable that must be there. */
export function environment(name: VariableName): string {
  const value = process.env[name];
  if (!value) throw new Error(`The environment variable ${name} is missing.`);
  return value;
}

/** A setting that has a default of its own where it is used. */
export function setting(name: SettingName): string | undefined {
  return process.env[name] || undefined;
}
