import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { type Environment, startProgram } from "./programs.ts";

/**
 * By how much every wait is shorter. The bank takes 0.2 s for a step, which is longer than a function needs to start, and
 * a challenge expires after 12 s.
 */
const TIME_SCALE = 10;

const CORRECTED_MINISTACK = join(import.meta.dirname, "corrected-ministack.py");
/** Ends only what hangs: a program that ends by itself is noticed at once. */
const READY_WITHIN_MS = 300_000;
const POLL_EVERY_MS = 50;
const address = z.object({ port: z.number() });

/** A port that was free a moment ago may be somebody else's by now. */
const MAX_TRIES = 3;
const PORT_TAKEN = /is already in use/;

/** What functions get besides: variables, and modules that they import first. */
interface MoreOfFunctions {
  variables?: Environment;
  imports?: readonly string[];
}

/** Starts MiniStack on a free port of this machine, and gives its address when it is ready. */
export async function startEmulator(
  plain: Environment,
  folder: string,
  more: MoreOfFunctions = {},
): Promise<string> {
  const log = join(folder, "ministack.log");
  for (let tries = 1; ; tries++) {
    const endpoint = await startOn(await freePort(), plain, log, folder, more);
    if (endpoint !== undefined) return endpoint;
    const said = readFileSync(log, "utf8");
    if (tries === MAX_TRIES || !PORT_TAKEN.test(said)) throw new Error(`MiniStack does not start:\n${said}`);
  }
}

function startOn(
  port: number,
  plain: Environment,
  log: string,
  folder: string,
  { variables = {}, imports = [] }: MoreOfFunctions,
): Promise<string | undefined> {
  const env = {
    ...plain,
    BIND_HOST: "127.0.0.1",
    GATEWAY_PORT: String(port),
    // Policies count.
    AUTH: "true",
    SFN_WAIT_SCALE: String(1 / TIME_SCALE),
    // Functions see it too: they inherit the emulator's environment.
    TIME_SCALE: String(TIME_SCALE),
    // They reach the sandbox that is deployed beside them by a name under localhost.
    NODE_OPTIONS: [import.meta.resolve("./localhost-names.ts"), ...imports]
      .map((one) => `--import=${one}`)
      .join(" "),
    // As AWS; it would allow fewer functions at once on a small machine.
    LAMBDA_ACCOUNT_CONCURRENCY: "1000",
    S3_DATA_DIR: join(folder, "s3"),
    STATE_DIR: join(folder, "state"),
    LOG_LEVEL: "WARNING",
    // No other port, and no container of the machine's.
    SFTP_ENABLED: "0",
    IOT_MTLS_ENABLED: "0",
    DOCKER_HOST: "unix:///nowhere",
    ...variables,
  };
  const endpoint = `http://127.0.0.1:${port}`;
  return addressOf(startProgram("python", [CORRECTED_MINISTACK], env, log), async () => {
    const reply = await fetch(`${endpoint}/_ministack/ready`).catch(() => undefined);
    return reply?.ok ? endpoint : undefined;
  });
}

/** Starts the sandbox bank on a free port of this machine; it takes one API key only. Gives its address. */
export async function startSandbox(plain: Environment, folder: string, apiKey: string): Promise<string> {
  const log = join(folder, "sandbox.log");
  const env = { ...plain, SANDBOX_PORT: "0", SANDBOX_API_KEY: apiKey, TIME_SCALE: String(TIME_SCALE) };
  const program = startProgram("node", ["sandbox/main.ts"], env, log);
  const url = await addressOf(
    program,
    async () => /listening on (http:\S+)/.exec(readFileSync(log, "utf8"))?.[1],
  );
  if (url === undefined) throw new Error(`The sandbox does not start:\n${readFileSync(log, "utf8")}`);
  return url;
}

/** What `found` gives as soon as the program is ready; nothing when it has ended, or takes too long. */
export async function addressOf(
  program: { exitCode: number | null },
  found: () => Promise<string | undefined>,
): Promise<string | undefined> {
  const until = Date.now() + READY_WITHIN_MS;
  while (Date.now() < until && program.exitCode === null) {
    const url = await found();
    if (url !== undefined) return url;
    await sleep(POLL_EVERY_MS);
  }
  return undefined;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = address.parse(server.address());
  await once(server.close(), "close");
  return port;
}
