import { EXIT, Interrupted } from "./exit-codes.ts";
import { run } from "./run.ts";

/** Exit after this time even if the API does not answer. */
const STOP_WITHIN_MS = 2_000;

const interrupt = new AbortController();
// In a terminal, both the terminal and npm send the signal.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    setTimeout(() => process.exit(EXIT.interrupted), STOP_WITHIN_MS).unref();
    interrupt.abort(new Interrupted());
  });
}
process.stdout.on("error", outputLost);

// The package holds its version of the AWS SDK, which runs on Node.js 20. The SDK would print eight lines about later versions.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";

const code = await run(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  variables: process.env,
  signal: interrupt.signal,
  now: () => Date.now(),
});
// Open connections would keep the process alive.
process.stdout.write("", (error) => {
  if (error) outputLost(error);
  process.exit(code);
});

/** Ends the program because the reader of the pipe has ended, or because the output is lost: the disk may be full. */
function outputLost({ code }: NodeJS.ErrnoException): never {
  if (code === "EPIPE") process.exit(EXIT.done);
  process.stderr.write(`The output cannot be written: ${code}\n`);
  process.exit(EXIT.failed);
}
