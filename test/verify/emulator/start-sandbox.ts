import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Environment, startProgram } from "./programs.ts";
import { TIME_SCALE } from "./start-emulator.ts";

const READY_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 50;

/** Starts the sandbox bank on a free port of this machine; it takes one API key only. Gives its address. */
export async function startSandbox(plain: Environment, folder: string, apiKey: string): Promise<string> {
  const log = join(folder, "sandbox.log");
  const env = { ...plain, SANDBOX_PORT: "0", SANDBOX_API_KEY: apiKey, TIME_SCALE: String(TIME_SCALE) };
  const program = startProgram("node", ["sandbox/main.ts"], env, log);
  const until = Date.now() + READY_WITHIN_MS;
  while (Date.now() < until && program.exitCode === null) {
    const [, url] = /listening on (http:\S+)/.exec(readFileSync(log, "utf8")) ?? [];
    if (url !== undefined) return url;
    await sleep(LOOK_EVERY_MS);
  }
  throw new Error(`The sandbox does not start:\n${readFileSync(log, "utf8")}`);
}
