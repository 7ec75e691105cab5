import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";
import * as z from "zod";
import { writtenForms } from "../canaries/written-forms.ts";

export const LOCAL_MODE = "infra/local/main.ts";
export const SANDBOX = "sandbox/main.ts";
const PATIENT_CLOCK = new URL("../../journeys/patient-clock.ts", import.meta.url).href;
export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
export const DEVELOPMENT_KEY = "local-development-key";

const ANY_PORTS: Variables = { PORT: "0", SANDBOX_PORT: "0", DEMO: "off" };

type Variables = Readonly<Record<string, string>>;
type WhenOver = (stop: () => Promise<void>) => void;

/**
 * Runs a program of ours in its own process, with the tests' clock and only these variables. `whenOver` gets what stops it. The program
 * `through`, if any, gets the whole command.
 */
export function startProgram(
  script: string,
  variables: Variables,
  whenOver: WhenOver = onTestFinished,
  args: readonly string[] = [],
  through: readonly string[] = [],
) {
  const command = [...through, process.execPath, "--import", PATIENT_CLOCK, script, ...args];
  return follow(command, variables, whenOver);
}

/** Runs any program in its own process, with only these variables and the path. */
export function follow(
  [program = "", ...args]: readonly string[],
  variables: Variables,
  whenOver: WhenOver = onTestFinished,
) {
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { PATH: process.env["PATH"] ?? "", ...variables },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const printed = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    printed.stdout += chunk;
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    printed.stderr += chunk;
  });
  const closed = once(child, "close");
  const isRunning = () => child.exitCode === null && child.signalCode === null;

  async function ended() {
    await closed;
    return { code: child.exitCode, signal: child.signalCode, ...printed };
  }

  whenOver(async () => {
    child.kill("SIGKILL");
    await closed;
  });

  return {
    pid: child.pid ?? 0,
    printed,
    ended,
    /** Sends a signal, and resolves when the process has ended. */
    async end(signal: "SIGINT" | "SIGKILL") {
      child.kill(signal);
      return ended();
    },
    /** Resolves with the first group of the pattern as soon as the program has printed it. */
    async prints(pattern: RegExp): Promise<string> {
      while (!pattern.test(printed.stdout) && isRunning()) await sleep(10);
      const found = pattern.exec(printed.stdout);
      if (found === null) throw new Error(`${args[0]} ended: ${printed.stderr}`);
      return found[1] ?? found[0];
    },
  };
}

/** Local mode in its own process, ready to be used. */
export async function startLocalMode(
  variables: Variables,
  whenOver?: WhenOver,
  through: readonly string[] = [],
) {
  const program = startProgram(LOCAL_MODE, { ...ANY_PORTS, ...variables }, whenOver, [], through);
  await program.prints(/^Ctrl-C stops it\.$/m);
  const walkThrough = program.printed.stdout;
  const line = (label: string) => new RegExp(`^${label}: +(.+)$`, "m").exec(walkThrough)?.[1];
  return {
    ...program,
    walkThrough,
    apiUrl: line("API") ?? "",
    sandboxUrl: line("Sandbox") ?? "",
    apiKey: line("API key") ?? "",
    /** Everything that the program printed after the walk-through. */
    said: () => program.printed.stdout.replace(walkThrough, "") + program.printed.stderr,
  };
}

export type LocalMode = Awaited<ReturnType<typeof startLocalMode>>;

/** Starts local mode with the same ports and the same data directory each time. */
export async function manyLives(
  variables: Variables,
  whenOver?: WhenOver,
): Promise<(through?: readonly string[]) => Promise<LocalMode>> {
  const servers = await Promise.all([portTaken(), portTaken()]);
  await Promise.all(servers.map(({ close }) => close()));
  const [PORT = "", SANDBOX_PORT = ""] = servers.map(({ port }) => port);
  const DATA_DIR = temporaryDirectory(whenOver);
  return (through) =>
    startLocalMode({ PORT, SANDBOX_PORT, DATA_DIR, LOG_LEVEL: "debug", ...variables }, whenOver, through);
}

const address = z.object({ port: z.number() });

/** A server on a port of this machine, which nobody else can take until it closes. */
export async function portTaken(): Promise<{ port: string; close(): Promise<unknown> }> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = address.parse(server.address());
  return { port: String(port), close: () => once(server.close(), "close") };
}

export function temporaryDirectory(whenOver: WhenOver = onTestFinished): string {
  const directory = mkdtempSync(join(tmpdir(), "local-mode-"));
  whenOver(async () => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Local mode with LOG_LEVEL=debug has logged something, and none of the secrets in any form. */
export function expectNoSecrets(local: Pick<LocalMode, "said">, secrets: readonly string[]): void {
  const said = local.said();
  expect(said).toMatch(/"(route|task)":"/);
  const bytes = Buffer.from(said);
  const found = secrets.flatMap((secret) =>
    writtenForms(secret).filter((form) => bytes.includes(form.bytes)),
  );
  expect(found.map(({ form }) => form)).toEqual([]);
}
