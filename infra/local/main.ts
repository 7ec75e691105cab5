import { demonstrate } from "./demonstration.ts";
import { type LocalSettings, readLocalSettings } from "./local-settings.ts";
import { type LocalSystem, startLocal } from "./start-local.ts";
import { subscribeReceiver } from "./subscribe-receiver.ts";
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
  const { apiKey, connect } = settings;
  const started = { ...system, apiKey, connect };
  const print = (text: string) => void process.stdout.write(text);
  const webhook = await webhookLine(settings, system);
  print(greeting(started));
  if (webhook !== undefined) print(`${webhook}\n\n`);
  if (settings.demonstrates) {
    await demonstrate({ ...started, print: (line) => print(`${line}\n`) });
    print("\n");
  }
  print(walkThrough(started));
}

/** Ends local mode if the receiver of `WEBHOOK_URL` gets no webhook. */
async function webhookLine(
  { apiKey, webhookUrl }: LocalSettings,
  { apiUrl, close }: LocalSystem,
): Promise<string | undefined> {
  if (webhookUrl === undefined) return undefined;
  try {
    return await subscribeReceiver({ apiUrl, apiKey }, webhookUrl);
  } catch (error) {
    await close();
    throw error;
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : "Local mode could not start."}\n`);
  process.exit(1);
}
