import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as z from "zod";
import { percentile } from "./start-up/start-up.ts";
import { tableOf } from "./table.ts";

const PROGRAM = fileURLToPath(new URL("./pass-delay.ts", import.meta.url));

/** In milliseconds, by what was read. */
const readings = z.record(z.string(), z.object({ direct: z.array(z.number()), passed: z.array(z.number()) }));

/** At most this, in milliseconds, at the median. */
const MAX_ADDED = 15;

/** Measures readings in a process of its own. Returns the medians. */
export async function measurePassDelays() {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM], { maxBuffer: 2 ** 24 });
  return Object.entries(readings.parse(JSON.parse(stdout))).map(([name, { direct, passed }]) => {
    const medians = { direct: percentile(direct, 50), passed: percentile(passed, 50) };
    return { name, ...medians, added: medians.passed - medians.direct };
  });
}

type PassDelays = Awaited<ReturnType<typeof measurePassDelays>>;

/** The lines of the page. */
export function passDelayBlocks(delays: PassDelays): string[] {
  const cellsOf = ({ direct, passed, added }: PassDelays[number]) =>
    new Map([
      ["at the sandbox itself", direct.toFixed(1)],
      ["through our API", passed.toFixed(1)],
      ["added", added.toFixed(1)],
    ]);
  return [
    `Milliseconds until a client has read a list, at the median. Our API checks the token, passes the request, and compresses the larger reply; it may add ${MAX_ADDED} ms:`,
    tableOf(delays.map((delay) => ({ title: delay.name, cells: cellsOf(delay) }))),
  ];
}

/** What takes too long, a line each. */
export function slowPasses(delays: PassDelays): string[] {
  return delays
    .filter(({ added }) => added > MAX_ADDED)
    .map(({ name, added }) => `${name}: our API adds ${added.toFixed(1)} ms, at most ${MAX_ADDED} ms`);
}
