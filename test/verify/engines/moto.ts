import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listenLocally, readBody } from "../../../infra/local/local-server.ts";
import { plainEnvironment, pythonPackages, startProgram } from "../emulator/programs.ts";
import { addressOf } from "../emulator/start.ts";

const REQUIREMENTS = join(import.meta.dirname, "requirements.txt");
const PROGRAM = join(import.meta.dirname, "moto-server.py");
const INVOCATIONS = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;
const MAX_PAYLOAD_BYTES = 1024 * 1024;

/** Lambda refuses a call, and the function does not run. The name is what Step Functions makes of the code. */
export class LambdaRefusal extends Error {
  readonly code: string;

  constructor(code: string) {
    super("Refused.");
    this.name = `Lambda.${code}`;
    this.code = code;
  }
}

export interface OutsideOfMoto {
  invoke(functionArn: string, payload: unknown): Promise<unknown>;
  waited(execution: string, seconds: number): void;
}

/**
 * Starts moto-server.py, whose functions are those of `outside`.
 *
 * @throws Unavailable if Python or its packages are missing.
 */
export async function startMoto(outside: OutsideOfMoto): Promise<{ url: string; close(): Promise<void> }> {
  const pythonPrograms = await pythonPackages(REQUIREMENTS, "moto");
  const server = createServer((request, response) => {
    answer(outside, request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  const functions = await listenLocally(server);
  const folder = mkdtempSync(join(tmpdir(), "moto-"));
  mkdirSync(join(folder, "tmp"));
  const log = join(folder, "moto.log");
  const env = { ...plainEnvironment(folder, pythonPrograms), FUNCTIONS_URL: functions.url };
  const program = startProgram("python", [PROGRAM], env, log);
  const logged = () => readFileSync(log, "utf8");
  const url = await addressOf(program, async () => /listening on (http:\S+)/.exec(logged())?.[1]);
  if (url === undefined) throw new Error(`moto does not start:\n${logged()}`);
  return {
    url,
    async close() {
      program.kill("SIGKILL");
      await functions.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Replies as Lambda does to a call that waits for the function's end. */
async function answer(
  { invoke, waited }: OutsideOfMoto,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
  const body = await readBody(request, MAX_PAYLOAD_BYTES);
  if (pathname === "/waits") {
    waited(searchParams.get("execution") ?? "", Number(searchParams.get("seconds")));
    return void response.end();
  }
  const [, name = ""] = INVOCATIONS.exec(pathname) ?? [];
  const payload: unknown = JSON.parse(String(body));
  try {
    response.end(JSON.stringify((await invoke(decodeURIComponent(name), payload)) ?? null));
  } catch (error) {
    if (error instanceof LambdaRefusal) {
      response.writeHead(429, { "x-amzn-errortype": error.code });
      return void response.end(JSON.stringify({ Message: error.message }));
    }
    const { name: errorType, message: errorMessage } = error instanceof Error ? error : new Error("");
    response.writeHead(200, { "x-amz-function-error": "Unhandled" });
    response.end(JSON.stringify({ errorType, errorMessage }));
  }
}
