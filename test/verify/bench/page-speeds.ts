import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as z from "zod";
import { percentile } from "./start-up/start-up.ts";
import { amount, tableOf } from "./table.ts";

const PROGRAM = fileURLToPath(new URL("./page-speed.ts", import.meta.url));

const loadedScreens = z.array(
  z.object({ name: z.string(), requests: z.array(z.string()), bytes: z.number(), usableMs: z.number() }),
);

/** At most this, in milliseconds, at the median, for the first screen. */
const MAX_FIRST_MS = 2_500;

/** Measures the screens of the page in a process of its own. Returns medians, in the order of the walk. */
export async function measurePageSpeeds() {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM], { maxBuffer: 2 ** 24 });
  const screens = Map.groupBy(loadedScreens.parse(JSON.parse(stdout)), ({ name }) => name);
  return [...screens].map(([name, loaded]) => ({
    name,
    requests: Math.max(...loaded.map(({ requests }) => requests.length)),
    bytes: Math.max(...loaded.map(({ bytes }) => bytes)),
    usableMs: percentile(
      loaded.map(({ usableMs }) => usableMs),
      50,
    ),
  }));
}

type PageSpeeds = Awaited<ReturnType<typeof measurePageSpeeds>>;

/** The lines of the page. */
export function pageSpeedBlocks(speeds: PageSpeeds): string[] {
  const cellsOf = ({ requests, bytes, usableMs }: PageSpeeds[number]) =>
    new Map([
      ["requests", amount(requests)],
      ["bytes", amount(bytes)],
      ["seconds until it can be used", (usableMs / 1000).toFixed(1)],
    ]);
  return [
    `Screens of [the page](../page.md) in Chromium with a fourth of this machine's processor, 400 kbit/s, and 400 ms for each request; the seconds are medians, from the press of a button on. The first screen may take ${MAX_FIRST_MS / 1000} s. Chromium does not slow down how a connection begins: over HTTPS, a browser needs two or three times 400 ms more before the first screen. The requests include one that waits for changes of the job. The list has 30 of 150 banks:`,
    speeds.length === 0
      ? "Not measured: there was no Chromium."
      : tableOf(speeds.map((speed) => ({ title: speed.name, cells: cellsOf(speed) }))),
  ];
}

/** What takes too long, a line each. */
export function slowPages([first]: PageSpeeds): string[] {
  if (first === undefined || first.usableMs <= MAX_FIRST_MS) return [];
  return [`${first.name}: ${amount(Math.round(first.usableMs))} ms, at most ${amount(MAX_FIRST_MS)} ms`];
}
