import { execFile } from "node:child_process";
import { accessSync, existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import * as z from "zod";

const timedStart = z.object({
  /** By the clock. */
  wallMs: z.number(),
  /** Of all threads of the process, in user and in system mode. */
  cpuMs: z.number(),
  /** The most memory that the process had by then. */
  peakMb: z.number(),
});

/** From the start of a process to the first reply of the function in it. */
export type TimedStart = z.infer<typeof timedStart>;

/** A function as a process can run it: its bundle, the event, and the environment without the addresses of AWS. */
export interface Startable {
  bundle: string;
  event: unknown;
  environment: Record<string, string>;
  /** When the event came, in milliseconds: what it says of times may be over by now. */
  at: number;
}

/** Where a process is started so that it gets no more than its share of a processor: the file that takes its id. */
export interface Limit {
  processesFile: string;
}

/**
 * Plain JavaScript, because to strip types takes time that no function takes. The clock stands where the event came. The last
 * line of the output is the measurement: lines before it are logs.
 */
const RUNNER = `
import { readFileSync } from "node:fs";
const [file, bundle] = process.argv.slice(2);
const { event, at } = JSON.parse(readFileSync(file, "utf8"));
const offset = at - Date.now();
const now = Date.now;
globalThis.Date = class extends Date {
  constructor(...given) {
    super(...(given.length === 0 ? [now() + offset] : given));
  }
  static now() {
    return now() + offset;
  }
};
const { handler } = await import(bundle);
const reply = await handler(event);
const wallMs = performance.now();
const { user, system } = process.cpuUsage();
const measured = { wallMs, cpuMs: (user + system) / 1000, peakMb: process.resourceUsage().maxRSS / 1024, reply };
process.stdout.write("\\n" + JSON.stringify(measured) + "\\n", () => process.exit());
`;

/** A sweep has no reply. */
const measuredSchema = timedStart.extend({ reply: z.unknown().optional() });

/** Writes the program that runs one event, into a folder. */
export function writeRunner(folder: string): string {
  const file = join(folder, "first-reply.mjs");
  writeFileSync(file, RUNNER);
  return file;
}

/** Starts a process for one event, with one address for AWS and the aggregator. Rejects when the function throws. */
export async function timeStart(
  runner: string,
  { bundle, event, environment, at }: Startable,
  url: string,
  limit?: Limit,
): Promise<z.infer<typeof measuredSchema>> {
  const eventFile = `${bundle}.event.json`;
  writeFileSync(eventFile, JSON.stringify({ event, at }));
  const node = [process.execPath, runner, eventFile, pathToFileURL(bundle).href];
  const [file = "", ...args] =
    limit === undefined
      ? node
      : ["/bin/sh", "-c", `echo $$ > ${limit.processesFile}; exec "$0" "$@"`, ...node];
  const endpoints = ["DYNAMODB", "KMS", "SECRETS_MANAGER", "SFN"].map((name) => `AWS_ENDPOINT_URL_${name}`);
  const env = {
    ...environment,
    ...Object.fromEntries(endpoints.map((name) => [name, url])),
    UPSTREAM_URL: url,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_EC2_METADATA_DISABLED: "true",
  };
  const { stdout } = await promisify(execFile)(file, args, { env }).catch((error: unknown) => {
    throw new Error(`${bundle} gave no reply: ${thrownIn(error)}`);
  });
  return measuredSchema.parse(JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? ""));
}

/** The line of the output that names the error: lines before it show the bundle's code, which is long. */
function thrownIn(error: unknown): string {
  const { stderr } = z.object({ stderr: z.string() }).parse(error);
  return stderr.split("\n").find((line) => /^\w*(Error|Exception)\b/.test(line)) ?? "nothing was thrown";
}

/** Over so many microseconds a process gets its share, and then waits: Lambda's own pace, as others have measured it. */
const PERIOD_US = 20_000;
/** The kernel gives no less. */
const LEAST_QUOTA_US = 1_000;

const [VERSION_1, VERSION_2] = ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup"];

/** A control group of Linux whose processes get no more than a share of one processor; undefined where none can be made. */
export function limitProcessor(share: number): (Limit & { close(): void }) | undefined {
  const quotaUs = Math.max(LEAST_QUOTA_US, Math.round(share * PERIOD_US));
  const isVersion1 = existsSync(join(VERSION_1, "cpu.cfs_quota_us"));
  const folder = join(isVersion1 ? VERSION_1 : VERSION_2, `bench-${process.pid}-${quotaUs}`);
  const processesFile = join(folder, "cgroup.procs");
  const settings = isVersion1
    ? { "cpu.cfs_period_us": `${PERIOD_US}`, "cpu.cfs_quota_us": `${quotaUs}` }
    : { "cpu.max": `${quotaUs} ${PERIOD_US}` };
  const close = () => rmdirSync(folder);
  try {
    mkdirSync(folder);
  } catch {
    return undefined;
  }
  try {
    // The kernel makes the files of a group. In a folder that is no group this one is missing.
    accessSync(processesFile);
    for (const [name, text] of Object.entries(settings)) writeFileSync(join(folder, name), text);
    return { processesFile, close };
  } catch {
    close();
    return undefined;
  }
}
