import { parentPort, workerData } from "node:worker_threads";
import * as z from "zod";
import { fillInNode20 } from "./fill-in-node-20.ts";
import { showTime } from "./show-time.ts";
import { readSystemSettings } from "./system-settings.ts";
import { TestClock } from "./test-clock.ts";

/*
 * The thread of a test system: its own modules, environment and `Date`. Runs one system from its start to the end of the thread, and
 * answers the calls of the handle.
 */
const data = z.object({
  settings: z.unknown(),
  /** Whether the handle gets the log lines. */
  isLogged: z.boolean(),
  /** The URL of the folder of the functions' entries, and the end of their names there. */
  entries: z.string(),
  extension: z.string(),
  templates: z.string(),
});
const call = z.object({ id: z.int(), name: z.string(), given: z.array(z.unknown()) });

fillInNode20();
const clock = new TestClock(Date.now);
showTime(() => clock.now());

async function start() {
  const { settings, isLogged, entries, extension, templates } = data.parse(workerData);
  // Reading the output of a thread would keep the process alive.
  process.stdout.write = (line: string | Uint8Array) => {
    if (isLogged) parentPort?.postMessage({ line: String(line).trimEnd() });
    return true;
  };
  const read = readSystemSettings(settings);
  // Loaded after this thread was prepared.
  const { runSystem } = await import("./run-system.ts");
  const { controls, ...started } = await runSystem({
    settings: read,
    clock,
    templates: new URL(templates),
    loadEntry: (entry) => import(new URL(entry.replace(/\.ts$/, extension), entries).href),
  });
  const calls: { readonly [name: string]: (...given: never[]) => unknown } = {
    start: () => started,
    now: () => clock.now(),
    advance: (milliseconds: number) => clock.advance(milliseconds),
    pause: () => clock.pause(),
    resume: () => clock.resume(),
    settled: () => clock.settled(),
    ...controls,
  };
  return calls;
}

const starting = start();
starting.catch(() => undefined);

parentPort?.on("message", async (message: unknown) => {
  const { id, name, given } = call.parse(message);
  try {
    const answer: unknown = await Reflect.apply((await starting)[name] ?? missing, undefined, given);
    parentPort?.postMessage({ id, answer });
  } catch (error) {
    parentPort?.postMessage({ id, failure: error instanceof Error ? error.message : "It failed." });
  }
});

function missing(): never {
  throw new Error("The handle and the thread of the test system have different versions.");
}
