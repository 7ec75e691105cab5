import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { bundleEntries } from "../../../../infra/bundling/bundle-entries.ts";
import { bundleFolder } from "../../../../infra/bundling/bundle-folder.ts";
import { dollarsFor, prices } from "../prices.ts";
import { functionName } from "../system.ts";
import { type FirstEvent, recordFirstEvents } from "./first-events.ts";
import { startReplay } from "./replay.ts";
import { bundleAlone, sdkUsedBy } from "./sdk-alone.ts";
import { type Limit, limitProcessor, type TimedStart, timeStart, writeRunner } from "./timed-start.ts";

/** A function that starts and gives its first reply. */
export interface StartUp {
  /** Such as `get-job`. */
  name: string;
  group: Group;
  memoryMb: number;
  bytes: number;
  start: TimedStart;
  /** The function with the same SDK clients, which makes the same calls, and nothing else. */
  alone: { clients: number; bytes: number; start: TimedStart };
  /** Where it was also started with no more than its share of a processor, in milliseconds. */
  limitedMs: ReadonlyMap<number, number>;
}

export type Group = "API" | "tasks" | "sweeper" | "sandbox";

export interface StartUpOptions {
  /** Of each of the two functions. */
  runs: number;
  /** With a share of a processor, at each size. */
  limitedRuns: number;
  /** Names of functions; all when empty. */
  only?: readonly string[];
}

/** 23 functions and as many others, each in a tenth to a third of a second, take about 2 minutes; the limited runs as long. */
export const DEFAULT_OPTIONS: StartUpOptions = { runs: 15, limitedRuns: 3 };

/** Those that are started with a limited processor too, one of each group: at 128 MB that takes seconds. */
const LIMITED = ["create-connection", "open-connection", "sweep"];

/** The first reply takes at most so many times as long as that of the function with the SDK clients alone, if there are any. */
export const MAX_OF_SDK_ALONE = 1.2;

/** The first reply of these comes after several looks at a job: work that the function with the SDK clients alone does not do. */
const FOLLOWING = ["open-connection", "send-answer", "follow-job"];
export const MAX_WHILE_FOLLOWING = 1.4;

/** Times the first reply of every entry. Nothing else should run meanwhile. */
export async function measureStartUps(options: StartUpOptions): Promise<StartUp[]> {
  const folder = mkdtempSync(join(tmpdir(), "connection-jobs-start-up-"));
  try {
    const runner = writeRunner(folder);
    const bundles = join(folder, "bundles");
    await bundleEntries({ outdir: bundles });
    const bundleOf = (entry: string) => join(bundles, bundleFolder(entry), "index.mjs");
    const events = await recordFirstEvents({ runner, bundleOf });
    const startUps: StartUp[] = [];
    const { only = [] } = options;
    const wanted = events.filter(({ entry }) => only.length === 0 || only.includes(functionName(entry)));
    for (const event of wanted.toSorted((a, b) => a.entry.localeCompare(b.entry))) {
      startUps.push(await measureOne(event, runner, options));
    }
    return startUps;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureOne(event: FirstEvent, runner: string, options: StartUpOptions): Promise<StartUp> {
  const name = functionName(event.entry);
  const alone = join(event.bundle, "../alone/index.mjs");
  mkdirSync(dirname(alone));
  const use = await sdkUsedBy(event.entry);
  const aloneBytes = await bundleAlone(use, event.calls, alone);
  const replay = await startReplay(event.calls);

  async function medianStart(runs: number, bundles: readonly string[], limit?: Limit): Promise<TimedStart[]> {
    const starts = bundles.map((): TimedStart[] => []);
    for (let run = 0; run < runs; run++) {
      for (const [index, bundle] of bundles.entries()) {
        replay.restart();
        starts[index]?.push(await timeStart(runner, { ...event, bundle }, replay.url, limit));
      }
    }
    return starts.map(medianOf);
  }

  try {
    const [start, startAlone] = await medianStart(options.runs, [event.bundle, alone]);
    if (start === undefined || startAlone === undefined) throw new Error(`${name} was not started.`);
    const limitedMs = new Map<number, number>();
    for (const size of LIMITED.includes(name) && options.limitedRuns > 0 ? MEMORY_SIZES_MB : []) {
      const limit = limitProcessor(processorShare(size));
      const limited =
        limit && (await medianStart(options.limitedRuns, [event.bundle], limit).finally(limit.close));
      if (limited?.[0] !== undefined) limitedMs.set(size, limited[0].wallMs);
    }
    return {
      name,
      group: groupOf(event.entry),
      memoryMb: event.memoryMb,
      bytes: statSync(event.bundle).size,
      start,
      alone: { clients: Object.keys(use).length, bytes: aloneBytes, start: startAlone },
      limitedMs,
    };
  } finally {
    await replay.close();
  }
}

function groupOf(entry: string): Group {
  if (entry.startsWith("sandbox/")) return "sandbox";
  if (functionName(entry) === "sweep") return "sweeper";
  return entry.includes("/workflow/") ? "tasks" : "API";
}

/** At the memory size of the function. */
export function ratioOf({ start, alone, memoryMb }: StartUp): number {
  return firstReplyMs(start, memoryMb) / firstReplyMs(alone.start, memoryMb);
}

/** The entries that take too long, a line each. */
export function slowStartUps(startUps: readonly StartUp[]): string[] {
  return startUps.flatMap((startUp) => {
    const ratio = ratioOf(startUp);
    const max = FOLLOWING.includes(startUp.name) ? MAX_WHILE_FOLLOWING : MAX_OF_SDK_ALONE;
    if (startUp.alone.clients === 0 || ratio <= max) return [];
    return [`${startUp.name}: first reply ${ratio.toFixed(2)} × that of its SDK clients, at most ${max}`];
  });
}

/** The sizes that the curve is drawn for. */
export const MEMORY_SIZES_MB = [128, 192, 256, 384, 512, 768, 1024, 1769] as const;

/** Lambda gives a whole virtual processor to a function of this size, and to others their part of it. */
const ONE_PROCESSOR_MB = 1769;

function processorShare(memoryMb: number): number {
  return memoryMb / ONE_PROCESSOR_MB;
}

/**
 * A model: a process that gets a share of a processor takes its processor time divided by that share, and never less than by the
 * clock where nothing limits it.
 */
export function firstReplyMs({ wallMs, cpuMs }: TimedStart, memoryMb: number): number {
  return Math.max(wallMs, cpuMs / processorShare(memoryMb));
}

/** Of as many first replies, their time alone. */
export function firstReplyDollars(start: TimedStart, memoryMb: number, count: number): number {
  const gbSeconds = (memoryMb / 1024) * (firstReplyMs(start, memoryMb) / 1000);
  return dollarsFor(count * gbSeconds, prices.functionGbSecond);
}

/** The smallest of the values that so many per cent of them do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? Number.NaN;
}

/** Each figure by itself. */
export function medianOf(starts: readonly TimedStart[]): TimedStart {
  const median = (figure: (start: TimedStart) => number) => percentile(starts.map(figure), 50);
  return {
    wallMs: median(({ wallMs }) => wallMs),
    cpuMs: median(({ cpuMs }) => cpuMs),
    peakMb: median(({ peakMb }) => peakMb),
  };
}

/** A doubling that shortens the first reply by less is not worth its price while a function waits. */
export const WORTH_DOUBLING_MS = 1000;

/** The smallest size that holds the process, and from which twice the memory shortens the first reply by less than is worth it. */
export function kneeOf(
  start: TimedStart,
  sizes: readonly number[] = MEMORY_SIZES_MB,
  worthMs = WORTH_DOUBLING_MS,
): number | undefined {
  const shortensBy = (size: number) => firstReplyMs(start, size) - firstReplyMs(start, 2 * size);
  return sizes.find((size) => size >= start.peakMb && shortensBy(size) < worthMs);
}
