import * as z from "zod/mini";
import { readEnvironment, timeScaleText } from "./environment.ts";
import { startSandbox } from "./server.ts";

const environment = z.object({
  SANDBOX_PORT: z._default(z.coerce.number().check(z.refine(isPort)), 3001),
  TIME_SCALE: timeScaleText,
  SANDBOX_DATA_FILE: z.optional(z.string()),
  SANDBOX_API_KEY: z.optional(z.string()),
  CONSENT_RETURN_URL: z.optional(z.string().check(z.refine((url) => URL.canParse(url)))),
});

function isPort(number: number): boolean {
  return Number.isInteger(number) && number >= 0 && number <= 65_535;
}

async function main(): Promise<void> {
  const settings = readEnvironment(environment);
  const { SANDBOX_PORT: port, TIME_SCALE, SANDBOX_DATA_FILE, SANDBOX_API_KEY } = settings;
  const sandbox = await startSandbox({
    port,
    timeScale: Number(TIME_SCALE ?? 1),
    dataFile: SANDBOX_DATA_FILE,
    apiKey: SANDBOX_API_KEY,
    consentReturnUrl: settings.CONSENT_RETURN_URL,
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
