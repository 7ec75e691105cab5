import { readOptions, USAGE, UsageError } from "./read-options.ts";
import { type Watch, watchWebhooks } from "./watch-webhooks.ts";

const FAILED = 1;
const WRONG_USAGE = 2;

/** Exit after this time even if the API does not answer. */
const STOP_WITHIN_MS = 3_000;

const print = (line: string) => void process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options === "help") {
    process.stdout.write(USAGE);
    return;
  }
  const watch = watchWebhooks({ ...options, print });
  // In a terminal, both the terminal and npm send the signal.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop(watch));
  // The reader of the pipe has ended.
  process.stdout.on("error", () => stop(watch));
  await watch;
}

let isStopping = false;

/** Ends the program. If it has begun to watch, deletes the webhook first. */
function stop(watch: Promise<Watch>): void {
  if (isStopping) return;
  isStopping = true;
  setTimeout(() => process.exit(0), STOP_WITHIN_MS).unref();
  void watch
    .then(({ close }) => close())
    .then((line) => line !== undefined && process.stderr.write(`${line}\n`))
    .finally(() => process.exit(0))
    .catch(() => undefined);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : "The webhooks cannot be watched."}\n`);
  process.exit(error instanceof UsageError ? WRONG_USAGE : FAILED);
}
