import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";
import { ROOT } from "../support/program.ts";

const run = promisify(execFile);

export const CLI = `${process.execPath} infra/cli/main.ts`;

export interface TerminalOptions {
  columns?: number;
  variables?: Record<string, string>;
}

/** Long enough for a busy machine: it only ends tests that hang. */
const PATIENCE_MS = 120_000;

/** A terminal of tmux in which a shell runs a command line. After it, the screen shows its exit code. */
export async function openTerminal(command: string, { columns = 80, variables = {} }: TerminalOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), "terminal-"));
  const record = join(folder, "record");
  const tmux = async (...args: string[]) =>
    (await run("tmux", ["-S", join(folder, "socket"), "-f", "/dev/null", ...args])).stdout;
  onTestFinished(async () => {
    await tmux("kill-server").catch(() => undefined);
    // The program in the terminal may still write for a moment.
    rmSync(folder, { recursive: true, force: true, maxRetries: 20 });
  });
  const environment = Object.entries({
    PATH: process.env["PATH"] ?? "",
    TERM: "screen-256color",
    LANG: "C.UTF-8",
    ...variables,
  });
  const shell = ["env", "-i", ...environment.map(([name, value]) => `${name}=${value}`), "sh", "-c"];
  // The record begins before the command. Ctrl-C reaches the shell too, which has to print the exit code.
  const line = `trap : INT; while [ ! -e ${folder}/go ]; do sleep 0.05; done; ${command}; echo "[exit $?]"; sleep 600`;
  await tmux("-u", "new-session", "-d", "-x", String(columns), "-y", "50", "-c", ROOT, ...shell, line);
  await tmux("pipe-pane", `cat > ${record}; touch ${folder}/over`);
  await tmux("run-shell", `touch ${folder}/go ${record}`);

  const screen = async () => (await tmux("capture-pane", "-p")).trimEnd();
  async function shows(pattern: RegExp): Promise<string> {
    for (const endsAt = performance.now() + PATIENCE_MS; performance.now() < endsAt; await sleep(50)) {
      const shown = await screen();
      if (pattern.test(shown)) return shown;
    }
    throw new Error(`The terminal does not show ${pattern}:\n${await screen()}`);
  }
  return {
    screen,
    /** Resolves with the screen as soon as it shows what matches. */
    shows,
    type: (text: string) => tmux("send-keys", "-l", text),
    /** Such as `Enter`, `Down`, `C-c`. */
    press: (...keys: string[]) => tmux("send-keys", ...keys),
    /** Resolves with the exit code of the command. */
    async ended(): Promise<number> {
      return Number(/\[exit (\d+)\]/.exec(await shows(/\[exit \d+\]/))?.[1]);
    },
    /** Everything that the program has written, with its control sequences. */
    written: () => readFileSync(record, "utf8"),
  };
}

export type Terminal = Awaited<ReturnType<typeof openTerminal>>;

/** Ids and times differ from run to run. A step whose begin was not seen has no time. */
export function masked(screen: string): string {
  return screen
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "JOB-ID")
    .replaceAll(/ +\d+(\.\d)? s$/gm, "")
    .replaceAll(/\d:\d\d left/g, "TIME left");
}
