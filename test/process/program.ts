import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished, vi } from "vitest";

/** A start takes about three seconds on an idle machine. These limits only end what hangs. */
const PRINTED_WITHIN_MS = 120_000;
const ENDED_WITHIN_MS = 120_000;

export const LOCAL_MODE = "infra/local/main.ts";
export const SANDBOX = "sandbox/main.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

export type Variables = Readonly<Record<string, string>>;

export type WhenOver = (stop: () => Promise<void>) => void;

/** Runs a program of ours in a process of its own, with just these variables, until the test is over at the latest. */
export function startProgram(script: string, variables: Variables, whenOver: WhenOver = onTestFinished) {
  const child = spawn(process.execPath, [script], {
    cwd: root,
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
    const end = () => {
      if (isRunning()) throw new Error(`${script} does not end.`);
    };
    await vi.waitFor(end, { interval: 10, timeout: ENDED_WITHIN_MS });
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
    async end(signal: "SIGINT" | "SIGTERM" | "SIGKILL") {
      child.kill(signal);
      return ended();
    },
    /** The first group of the pattern, once it stands in what was printed. */
    async prints(pattern: RegExp): Promise<string> {
      const find = () => pattern.exec(printed.stdout);
      const settle = () => {
        if (find() === null && isRunning()) throw new Error(`${script} has not printed ${pattern}.`);
      };
      await vi.waitFor(settle, { interval: 10, timeout: PRINTED_WITHIN_MS });
      const found = find();
      if (found === null) throw new Error(`${script} ended: ${printed.stderr}`);
      return found[1] ?? found[0];
    },
  };
}
