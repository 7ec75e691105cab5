import { demonstrate } from "./demonstration.ts";
import { readLocalSettings } from "./local-settings.ts";
import { startLocal } from "./start-local.ts";
import { greeting, walkThrough } from "./walk-through.ts";

/** Exit after this time even if resources are still open: Ctrl-C ends the program within two seconds. */
const STOP_WITHIN_MS = 1_500;

async function main(): Promise<void> {
  const settings = readLocalSettings(process.env);
  process.env["LOG_LEVEL"] ||= "warn";
  const system = await startLocal(settings);
  const stop = () => {
    setTimeout(() => process.exit(0), STOP_WITHIN_MS).unref();
    void system.close().finally(() => process.exit(0));
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  const started = { ...system, apiKey: settings.apiKey };
  const print = (text: string) => void process.stdout.write(text);
  print(greeting(started));
  if (settings.demonstrates) {
    await demonstrate({ ...started, print: (line) => print(`${line}\n`) });
    print("\n");
  }
  print(walkThrough(started));
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : "Local mode could not start."}\n`);
  process.exit(1);
}
