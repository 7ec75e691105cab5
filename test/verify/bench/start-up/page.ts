import { loadavg } from "node:os";
import type { KindFigures } from "../page.ts";
import { assumptions, dollarsFor, nominalMs, prices, sum, type Usage } from "../prices.ts";
import { amount, dollars, tableOf } from "../table.ts";
import {
  firstReplyDollars,
  firstReplyMs,
  type Group,
  kneeOf,
  MAX_OF_SDK_ALONE,
  MAX_WHILE_FOLLOWING,
  MEMORY_SIZES_MB,
  medianOf,
  ratioOf,
  type StartUp,
  WORTH_DOUBLING_MS,
} from "./start-up.ts";

/** The blocks of the page's section on the start of functions. */
export function startUpBlocks(startUps: readonly StartUp[]): string[] {
  return [
    "## Start-up",
    `From the start of a process of Node to the first reply of the function in it, against a function that has the same clients of the AWS SDK, makes the same calls and does nothing else. At most ${MAX_OF_SDK_ALONE} ×, and ${MAX_WHILE_FOLLOWING} × for the three Tasks whose first reply comes after several looks at a job; \`npm run bench\` ends with 1 when an entry takes longer. Entries without a client are compared with an empty function, and may take longer.`,
    "Each function gets its first event of a journey through local mode. A server on this machine answers the calls of AWS and upstream at once, over HTTP, with what local mode has answered once. The time at a memory size is a model: the processor time of the process divided by the share of a processor that goes with the size, 1,769 MB being one, or the time by the clock where that is longer.",
    "These are times of this machine's processor, x86-64, not of AWS, where the functions run on ARM. They are no cold starts: nothing starts a virtual machine, downloads code, or loads Lambda's own runtime, and no call is encrypted. Lambda is said to give more processor than the share until the function is initialized; the model does not.",
    `The machine's load was ${loadavg()[0]?.toFixed(1)} over the last minute of this, and has to be about 1: with more, a process takes more processor time, and waits for it.`,
    byEntry(startUps),
    "`peak` is the largest resident size of the process until the first reply, with Node itself.",
    "### By memory size",
    `Milliseconds to the first reply. **Bold** is the smallest size that is larger than the peak and from which twice the memory shortens the first reply by less than ${WORTH_DOUBLING_MS} ms. API functions and the Task that asks have about that size. Tasks that follow a job are paid by their memory while they sleep between looks, and have the smallest size with room above their peak: the table of warm functions shows where a job begins to cost more. Nobody waits for the sweeper or for the Task that gives up.`,
    bySize(startUps, labelOf, curveCell),
    "Dollars for 1,000 first replies: the time above, at the median entry of each group.",
    bySize(
      [...Map.groupBy(startUps, ({ group }) => group)],
      ([group]) => group,
      ([, members], size) =>
        dollars(firstReplyDollars(medianOf(members.map(({ start }) => start)), size, 1000)),
    ),
    ...limited(startUps),
  ];
}

/** A table with a row for each of the members and a column for each size of memory. */
function bySize<Row>(
  rows: readonly Row[],
  label: (row: Row) => string,
  cell: (row: Row, memoryMb: number) => string,
): string {
  return tableOf(
    MEMORY_SIZES_MB.map((size) => ({
      title: `${amount(size)} MB`,
      cells: new Map(rows.map((row) => [label(row), cell(row, size)])),
    })),
  );
}

function byEntry(startUps: readonly StartUp[]): string {
  const column = (title: string, cell: (startUp: StartUp) => string) => ({
    title,
    cells: new Map(startUps.map((startUp) => [labelOf(startUp), cell(startUp)])),
  });
  const kilobytes = (bytes: number) => (bytes / 1000).toFixed(0);
  return tableOf([
    column("MB", ({ memoryMb }) => amount(memoryMb)),
    column("bundle, kB", ({ bytes }) => kilobytes(bytes)),
    column("SDK alone, kB", ({ alone }) => kilobytes(alone.bytes)),
    column("ms", ({ start, memoryMb }) => wholeMs(firstReplyMs(start, memoryMb))),
    column("SDK alone, ms", ({ alone, memoryMb }) => wholeMs(firstReplyMs(alone.start, memoryMb))),
    column("ratio", (startUp) => ratioOf(startUp).toFixed(2)),
    column("processor, ms", ({ start }) => wholeMs(start.cpuMs)),
    column("clock, ms", ({ start }) => wholeMs(start.wallMs)),
    column("peak, MB", ({ start }) => wholeMs(start.peakMb)),
  ]);
}

function curveCell({ start }: StartUp, size: number): string {
  const ms = wholeMs(firstReplyMs(start, size));
  return kneeOf(start) === size ? `**${ms}**` : ms;
}

/** Where the kernel could limit the processor: whether the model holds. */
function limited(startUps: readonly StartUp[]): string[] {
  const measured = startUps.filter(({ limitedMs }) => limitedMs.size > 0);
  if (measured.length === 0) {
    return ["The model was not compared with a limited processor: this machine makes no control groups."];
  }
  return [
    "The model against the clock where a control group of Linux limited the process to its share of a processor in every 20 ms: milliseconds measured / of the model.",
    bySize(measured, labelOf, limitedCell),
  ];
}

function limitedCell({ start, limitedMs }: StartUp, size: number): string {
  const ms = limitedMs.get(size);
  return `${ms === undefined ? "–" : wholeMs(ms)} / ${wholeMs(firstReplyMs(start, size))}`;
}

function labelOf({ name }: StartUp): string {
  return `\`${name}\``;
}

function wholeMs(value: number): string {
  return amount(Math.round(value));
}

/** Dollars for the time of warm functions, in 1,000 jobs: by the size of all functions of a group. */
export function jobsByMemory(figures: readonly KindFigures[], startUps: readonly StartUp[]): string {
  const groups: readonly Group[] = ["API", "tasks"];
  const rows = figures.flatMap(({ title, counts }) =>
    groups.map((group) => {
      const names = startUps.filter((startUp) => startUp.group === group).map(({ name }) => name);
      return { label: `${title}, ${group}`, usages: names.flatMap((name) => counts.usage[name] ?? []) };
    }),
  );
  return bySize(
    rows,
    ({ label }) => label,
    ({ usages }, size) => dollars(dollarsAt(usages, size)),
  );
}

/** The size at which the prices' `ownMs` was assumed. */
const OWN_MS_AT_MB = 192;
const JOBS = 1000;

export function dollarsAt(usages: readonly Usage[], memoryMb: number): number {
  const seconds = sum(usages.map((usage) => msAt(usage, memoryMb))) / 1000;
  return JOBS * dollarsFor((memoryMb / 1024) * seconds, prices.functionGbSecond);
}

/** What a function computes takes less time with more memory; what it waits for does not. */
function msAt(usage: Usage, memoryMb: number): number {
  const ownMs = usage.calls * assumptions.ownMs.value;
  return nominalMs(usage) - ownMs + (ownMs * OWN_MS_AT_MB) / memoryMb;
}
