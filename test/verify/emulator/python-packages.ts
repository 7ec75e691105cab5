import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { KEPT_FOLDER } from "./folders.ts";
import { runProgram } from "./programs.ts";
import { Unavailable } from "./unavailable.ts";

const REQUIREMENTS = join(import.meta.dirname, "requirements.txt");
const ENVIRONMENT = join(KEPT_FOLDER, "python");
/** Written last: it says that all of these requirements are installed. */
const STAMP = join(ENVIRONMENT, "installed-requirements");

/** Installs the Python packages, unless they are there, and gives the folder of their programs. */
export async function pythonPackages(): Promise<string> {
  const programs = join(ENVIRONMENT, "bin");
  const wanted = createHash("sha256").update(readFileSync(REQUIREMENTS)).digest("hex");
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === wanted) return programs;
  rmSync(ENVIRONMENT, { recursive: true, force: true });
  await attempt("Python cannot be had", "python3", "-m", "venv", ENVIRONMENT);
  const pip = join(programs, "pip");
  // The list is whole, so that nothing comes along that is not pinned; `check` would miss what is not on it.
  const install = [
    "install",
    "--quiet",
    "--no-deps",
    "--only-binary",
    ":all:",
    "--requirement",
    REQUIREMENTS,
  ];
  await attempt("The Python packages cannot be had", pip, ...install);
  await runProgram(pip, ["check"], machineEnvironment());
  writeFileSync(STAMP, wanted);
  return programs;
}

async function attempt(failure: string, command: string, ...args: string[]): Promise<void> {
  try {
    await runProgram(command, args, machineEnvironment());
  } catch (error) {
    const lines = String(error).trim().split("\n");
    throw new Unavailable(`${failure}: ${lines.at(-1)}`);
  }
}

/** How this machine reaches its package index is in its own variables. */
function machineEnvironment(): Record<string, string> {
  const variables = Object.entries(process.env).filter(([name]) => !name.startsWith("AWS_"));
  return Object.fromEntries(
    variables.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
