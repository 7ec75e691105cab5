import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as z from "zod";
import { runLoad, startReceivers, storedEvents, until, wholeJob, writtenJobs } from "../webhooks/load.ts";
import { startCounted, startLocalMode } from "./system.ts";
import { countDeliveries, MAX_DOLLARS_PER_1000 } from "./webhook-price.ts";

/*
 * Measures webhooks, and prints a table. Without an argument it takes every measurement, each in a process of its own, since local
 * mode starts once per process. `load 2000 100` takes one, here with other numbers of events and jobs.
 */

const [events = 10_000, jobs = 500] = process.argv.slice(3).map(Number);

/** A minute takes 3 s, and a receiver has 750 ms to reply. */
const LOAD_SCALE = 20;
const LOAD_WITHIN_MS = 60 * 60_000;
const MB = 2 ** 20;

type Row = readonly [what: string, figure: string, isAsRequired?: boolean];

async function load(): Promise<Row[]> {
  setFlagsFromString("--expose-gc");
  const collect = z.function({ input: [], output: z.void() }).implement(runInNewContext("gc"));
  const heap: number[] = [];
  const dataDir = mkdtempSync(join(tmpdir(), "webhooks-"));
  const { local, target } = await startLocalMode({ timeScale: LOAD_SCALE, dataDir });
  try {
    const startedAt = performance.now();
    const loaded = await runLoad(target, {
      timeScale: LOAD_SCALE,
      events,
      jobs,
      slowReplies: 200,
      withinMs: LOAD_WITHIN_MS,
      onPhase: (phase) => process.stderr.write(`${Math.round(performance.now() / 1000)} s: ${phase}\n`),
      onQuarter() {
        collect();
        heap.push(process.memoryUsage().heapUsed / MB);
      },
    });
    const seconds = (performance.now() - startedAt) / 1000;
    const { figures } = loaded;
    const kinds = ["well", "flaky", "down", "slow", "redirecting"] as const;
    const lost = kinds.map((kind) => loaded.events - (figures[kind]?.accepted ?? 0));
    const disorder = (["well", "flaky", "down"] as const).map((kind) => figures[kind]?.disorder ?? 0);
    const [first = 0, last = 0] = [heap[0], heap[3]];
    return [
      [`events, of these ${loaded.ofJobs} of ${jobs} whole jobs`, String(loaded.events)],
      ["seconds", seconds.toFixed(0)],
      ["lost at the receivers (well, 30 % failures, down, slow, redirects)", lost.join(", "), sumIs0(lost)],
      ["twice at the one that is well", String(figures.well?.twice), figures.well?.twice === 0],
      ["out of order within a job (well, 30 % failures, down)", disorder.join(", "), sumIs0(disorder)],
      [
        "accepted by the one that redirects before it was repaired",
        String(loaded.redirected),
        loaded.redirected === 0,
      ],
      [
        "heap after each quarter, after a garbage collection (MB)",
        heap.map((each) => each.toFixed(0)).join(", "),
        last < 1.25 * first,
      ],
    ];
  } finally {
    await local.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

function sumIs0(counts: readonly number[]): boolean {
  return counts.every((count) => count === 0);
}

const LATENCY_JOBS = 60;
const MAX_P95_MS = 300;

/** One job a second, at the pace of life. */
async function latency(): Promise<Row[]> {
  const { local, target } = await startLocalMode({ timeScale: 1 });
  const receivers = await startReceivers(target, { timeScale: 1 });
  await receivers.add("well", "none");
  const running: Promise<void>[] = [];
  for (let nth = 0; nth < LATENCY_JOBS; nth++) {
    running.push(wholeJob(target, nth));
    await sleep(1_000);
  }
  await Promise.all(running);
  await until("all events", async () => receivers.atWell() === (await storedEvents()).size, 60_000);
  const [changes, arrivals] = [await storedEvents(), await receivers.arrivals()];
  const delays = [...changes]
    .map(([id, changed]) => (arrivals.get(id) ?? 0) - changed)
    .toSorted((a, b) => a - b);
  await receivers.close();
  await local.close();
  const at = (share: number) => delays[Math.floor(share * (delays.length - 1))] ?? 0;
  return [
    [
      `from a change to the receiver, p50 and p95 of ${delays.length} events (ms)`,
      `${at(0.5)}, ${at(0.95)}`,
      at(0.95) <= MAX_P95_MS,
    ],
  ];
}

const BESIDE_EVENTS = 300;
const ROUNDS = 3;
const MAX_SLOWER = 1.1;

/** How long the same events take to a receiver, beside one that is well, and beside one that never replies. */
async function beside(): Promise<Row[]> {
  const { local, target } = await startLocalMode({ timeScale: LOAD_SCALE });
  const receivers = await startReceivers(target, { timeScale: LOAD_SCALE });
  await receivers.add("well", "none");
  const best = new Map<string, number>();
  // The first round only warms up.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const kind of ["other", "hanging"] as const) {
      await receivers.add(kind, "none");
      const before = receivers.atWell();
      const startedAt = performance.now();
      const written = await writtenJobs(BESIDE_EVENTS, {
        timeScale: LOAD_SCALE,
        seed: 2 * round + (kind === "other" ? 0 : 1),
        before: async () => undefined,
      });
      await until(kind, async () => receivers.atWell() - before >= written, 120_000);
      const tookMs = performance.now() - startedAt;
      if (round > 0) best.set(kind, Math.min(tookMs, best.get(kind) ?? Infinity));
      await receivers.remove(kind);
    }
  }
  await receivers.close();
  await local.close();
  const [other = 1, hanging = 0] = [best.get("other"), best.get("hanging")];
  return [
    [
      `time until ${BESIDE_EVENTS} events are at a receiver, beside one that is well, and beside one that never replies (ms)`,
      `${other.toFixed(0)}, ${hanging.toFixed(0)}`,
      hanging <= MAX_SLOWER * other,
    ],
  ];
}

async function price(): Promise<Row[]> {
  const system = await startCounted({ timeScale: 4 });
  const rows: Row[] = [];
  for (const wanted of [{}, { payload: "full" }, { payload: "full", ordering: "job" }]) {
    const { dollarsPer1000, made, sent } = await countDeliveries(system, wanted);
    const { writeUnits } = { writeUnits: made.writeUnits + sent.writeUnits };
    rows.push([
      `1,000 deliveries to a webhook with ${JSON.stringify(wanted)}, ${writeUnits.toFixed(1)} write units each`,
      `$${dollarsPer1000.toFixed(4)}`,
      dollarsPer1000 <= MAX_DOLLARS_PER_1000,
    ]);
  }
  await system.close();
  return rows;
}

const MEASUREMENTS = { price, latency, beside, load };

const rowsSchema = z.array(
  z.union([z.tuple([z.string(), z.string()]), z.tuple([z.string(), z.string(), z.boolean()])]),
);

/** Takes a measurement in a process of its own. */
async function apart(name: string): Promise<Row[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    fileURLToPath(import.meta.url),
    name,
    String(events),
    String(jobs),
  ]);
  return rowsSchema.parse(JSON.parse(stdout));
}

const asked = z.enum(["price", "latency", "beside", "load"]).safeParse(process.argv[2]);
if (asked.success) {
  process.stdout.write(JSON.stringify(await MEASUREMENTS[asked.data]()));
} else {
  const rows: Row[] = [];
  for (const name of Object.keys(MEASUREMENTS)) rows.push(...(await apart(name)));
  for (const [what, figure, isAsRequired = true] of rows) {
    process.stdout.write(`| ${what} | ${figure}${isAsRequired ? "" : " (not as required)"} |\n`);
  }
  process.exitCode = rows.some(([, , isAsRequired]) => isAsRequired === false) ? 1 : 0;
}
