import * as z from "zod";
import { readEnvironment } from "./environment.ts";
import { startSandbox } from "./server.ts";

const environment = z.object({
  SANDBOX_PORT: z.coerce.number().int().min(0).max(65_535).default(3001),
  TIME_SCALE: z.coerce.number().positive().default(1),
  SANDBOX_DATA_FILE: z.string().min(1).optional(),
  SANDBOX_API_KEY: z.string().min(1).optional(),
});

async function main(): Promise<void> {
  const {
    SANDBOX_PORT: port,
    TIME_SCALE: timeScale,
    SANDBOX_DATA_FILE,
    SANDBOX_API_KEY,
  } = readEnvironment(environment);
  const sandbox = await startSandbox({
    port,
    timeScale,
    dataFile: SANDBOX_DATA_FILE,
    apiKey: SANDBOX_API_KEY,
  });
  const stop = () => void sandbox.close().then(() => process.exit(0));
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  process.stdout.write(`Sandbox listening on ${sandbox.url}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${reasonOf(error)}\n`);
  process.exitCode = 1;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "The sandbox could not start";
  if (!("code" in error) || error.code !== "EADDRINUSE") return error.message;
  return `Port ${"port" in error ? error.port : ""} is taken. Set SANDBOX_PORT to another one.`;
}
