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

/** The values of the named variables, in their order. Throws one error that names all that are missing. */
export function environment<const Names extends readonly VariableName[]>(
  ...names: Names
): { [index in keyof Names]: string } {
  const missing = names.filter((name) => !process.env[name]);
  if (missing.length > 0) throw new Error(`Environment variables are missing: ${missing.join(", ")}`);
  return mapTuple(names, (name) => process.env[name] ?? "");
}

function mapTuple<const Names extends readonly VariableName[]>(
  names: Names,
  read: (name: VariableName) => string,
): { [index in keyof Names]: string };
function mapTuple(names: readonly VariableName[], read: (name: VariableName) => string): string[] {
  return names.map(read);
}

/** A setting that has a default of its own where it is used. */
export function setting(name: SettingName): string | undefined {
  return process.env[name] || undefined;
}
