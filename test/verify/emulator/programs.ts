import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { PROJECT_ROOT } from "./folders.ts";

export type Environment = Readonly<Record<string, string>>;

const SAID_OF_A_FAILURE_CHARS = 4_000;

/** The programs that run, by the process group that each of them leads. */
const groups = new Set<number>();

process.once("exit", () => {
  for (const group of groups) endGroup(group);
});

/** Starts a program that ends, with all that it started, when this one does. It writes into a file. */
export function startProgram(command: string, args: string[], env: Environment, logFile: string) {
  const log = openSync(logFile, "a");
  return inGroup(
    spawn(command, args, { cwd: PROJECT_ROOT, env, detached: true, stdio: ["ignore", log, log] }),
  );
}

/** Runs a program to its end, and gives what it wrote to its standard output. Throws when it fails. */
export async function runProgram(
  command: string,
  args: string[],
  env: Environment,
  input = "",
): Promise<string> {
  const child = spawn(command, args, { cwd: PROJECT_ROOT, env, detached: true });
  inGroup(child);
  const said = { stdout: "", all: "" };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    said.stdout += chunk;
    said.all += chunk;
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    said.all += chunk;
  });
  // A program that ends before it has read everything says why itself.
  child.stdin.on("error", () => undefined).end(input);
  const [code] = await once(child, "close");
  if (code === 0) return said.stdout;
  throw new Error(`${command} ${args.join(" ")} failed:\n${said.all.trim().slice(-SAID_OF_A_FAILURE_CHARS)}`);
}

function inGroup<Child extends ChildProcess>(child: Child): Child {
  const { pid } = child;
  if (pid !== undefined) {
    groups.add(pid);
    child.once("exit", () => {
      endGroup(pid);
      groups.delete(pid);
    });
  }
  return child;
}

function endGroup(group: number): void {
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // Nobody of it is left.
  }
}
