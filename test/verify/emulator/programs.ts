import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

export type Environment = Readonly<Record<string, string>>;

export const PROJECT_ROOT = join(import.meta.dirname, "../../..");

/** Git does not know it. The Python packages stay here from one run to the next. */
const FOLDER = join(PROJECT_ROOT, ".emulator");

/** For the files of one run. They stay when it fails, until the next one. */
export function emptyRunFolder(): string {
  const folder = join(FOLDER, "run");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "tmp"), { recursive: true });
  // What the emulator starts functions with is CommonJS, and is not to be taken for a part of this project.
  writeFileSync(join(folder, "package.json"), "{}");
  return folder;
}

const LOOPBACK = /^http:\/\/(127\.0\.0\.1|localhost):\d+$/;
/** All that programs see of the machine: none of its AWS variables, and with another home none of its profiles. */
const OF_THE_MACHINE = ["LANG", "LC_ALL", "TZ"];

export const REGION = "us-east-1";
/** The emulator's administrator. */
export const CREDENTIALS = { accessKeyId: "test", secretAccessKey: "test" };

/** For programs of this project that know nothing of AWS. */
export function plainEnvironment(folder: string, pythonPrograms: string): Environment {
  const path = [pythonPrograms, join(PROJECT_ROOT, "node_modules/.bin"), process.env["PATH"] ?? ""];
  return {
    ...Object.fromEntries(OF_THE_MACHINE.map((name) => [name, process.env[name] ?? ""])),
    PATH: path.join(delimiter),
    HOME: folder,
    TMPDIR: join(folder, "tmp"),
    NO_COLOR: "1",
  };
}

/** For the programs of an operator, which find the emulator where AWS would be. */
export function commandEnvironment(plain: Environment, endpoint: string): Environment {
  if (!LOOPBACK.test(endpoint)) throw new Error(`Not on this machine: ${endpoint}`);
  const { NODE_COMPILE_CACHE } = process.env;
  return {
    ...plain,
    ...(NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE }),
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_EC2_METADATA_DISABLED: "true",
    CDK_DISABLE_CLI_TELEMETRY: "true",
  };
}

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
  const child = inGroup(spawn(command, args, { cwd: PROJECT_ROOT, env, detached: true }));
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

/** What the proof rests on cannot be had on this machine: it proves nothing, and nothing is wrong. */
export class Unavailable extends Error {
  override readonly name = "Unavailable";
}

const REQUIREMENTS = join(import.meta.dirname, "requirements.txt");
/** The list is whole, so that nothing comes along that is not pinned; `check` would miss what is not on it. */
const INSTALL = ["install", "--quiet", "--no-deps", "--only-binary", ":all:", "--requirement"];

/**
 * Installs the Python packages of a list, unless they are there, and gives the folder of their programs. Throws `Unavailable` if
 * Python or a package is missing.
 */
export async function pythonPackages(requirements = REQUIREMENTS, name = "python"): Promise<string> {
  const folder = join(FOLDER, name);
  const programs = join(folder, "bin");
  // Written last: it says that all of these requirements are installed.
  const stamp = join(folder, "installed-requirements");
  const wanted = createHash("sha256").update(readFileSync(requirements)).digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return programs;
  rmSync(folder, { recursive: true, force: true });
  const pip = join(programs, "pip");
  await runOnMachine("python3", "-m", "venv", folder).catch(unavailable("Python"));
  await runOnMachine(pip, ...INSTALL, requirements).catch(unavailable("A Python package"));
  await runOnMachine(pip, "check");
  writeFileSync(stamp, wanted);
  return programs;
}

function unavailable(subject: string) {
  return (error: unknown) => {
    throw new Unavailable(`${subject} cannot be had: ${String(error).trim().split("\n").at(-1)}`);
  };
}

/** How this machine reaches its package index is in its own variables. */
function runOnMachine(command: string, ...args: string[]): Promise<string> {
  const variables = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined || name.startsWith("AWS_") ? [] : [[name, value]],
  );
  return runProgram(command, args, Object.fromEntries(variables));
}
