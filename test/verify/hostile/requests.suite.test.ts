import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Attack, attack, hostileRequests, TOKEN } from "./attack.ts";
import type { HostileRequest } from "./hostile-requests.ts";
import { hostileSystem } from "./hostile-system.ts";
import { leftovers } from "./leftovers.ts";
import { bytesInUse } from "./memory.ts";
import pastFailures from "./past-failures.json" with { type: "json" };
import { sharedProperties, touchedSince } from "./prototypes.ts";
import { Random, SEED } from "./random.ts";
import { LIMITED, wrongWithReach } from "./reach.ts";
import type { RouteName } from "./valid-requests.ts";
import { watchedOutput } from "./watched-output.ts";

const MARK = `Mk${randomBytes(6).toString("hex")}`;
const COUNT = 100_000;
const COUNT_OVER_HTTP = 3_000;
/** Of the heap: the rows that local mode holds in memory have buffers outside of it. Two parts of five, if each request were kept, would be 100 MB. */
const MOST_BYTES_KEPT = 16 * 1024 * 1024;
const MOST_LOOKS = 300;

/** How often each is the one. What makes jobs, or asks upstream, takes the most time. */
const SHARES: { [route in RouteName]: number } = {
  "create-connection": 24,
  "answer-mfa": 24,
  "update-connection": 6,
  "issue-token": 4,
  "refresh-connection": 1,
  "refresh-connections": 1,
  "list-jobs": 8,
  "get-job": 4,
  "cancel-job": 4,
  "resume-job": 4,
  health: 4,
  refuse: 10,
};

const system = hostileSystem();
let output: ReturnType<typeof watchedOutput>;
const total: Attack = { statuses: new Map(), ids: new Set(), failures: [] };
let overNetwork: Attack["statuses"] = new Map();
let touched: string[] = [];
let left: Awaited<ReturnType<typeof leftovers>>;
const heaps: number[] = [];
/** Before anything of ours has run. */
const shared = sharedProperties();

function add({ statuses, ids, failures }: Attack): void {
  for (const [status, count] of statuses)
    total.statuses.set(status, (total.statuses.get(status) ?? 0) + count);
  for (const id of ids) total.ids.add(id);
  total.failures.push(...failures);
}

function told(statuses: Attack["statuses"]): string {
  const counts = [...statuses].toSorted(([a], [b]) => a - b);
  return counts.map(([status, count]) => `${status}: ${count}`).join(", ");
}

function kept(): HostileRequest[] {
  return JSON.parse(JSON.stringify(pastFailures).replaceAll(TOKEN, system.token()));
}

async function leftoversAfterWork(ids: ReadonlySet<string>): ReturnType<typeof leftovers> {
  let found = await leftovers(ids);
  for (let looks = 0; looks < MOST_LOOKS && found.working.length > 0; looks++) {
    await sleep(100);
    found = await leftovers(ids);
  }
  return found;
}

beforeAll(async () => {
  process.env["LOG_LEVEL"] = "debug";
  output = watchedOutput(MARK);
  const inProcess = { token: system.token(), send: system.send };
  const overHttp = { token: system.token(), send: system.sendOverHttp };
  add(await attack(inProcess, kept().values()));
  const random = new Random(SEED);
  const startedAt = performance.now();
  for (let part = 0; part < 5; part++) {
    const requests = hostileRequests(system, random, {
      count: COUNT / 5,
      mark: `${MARK}P${part}`,
      shares: SHARES,
    });
    add(await attack(inProcess, requests));
    heaps.push((await bytesInUse()).heap);
  }
  const last = { count: COUNT_OVER_HTTP, mark: `${MARK}H`, shares: SHARES };
  const ended = await attack(overHttp, hostileRequests(system, random, last));
  overNetwork = ended.statuses;
  add(ended);
  const tookMs = Math.round(performance.now() - startedAt);
  // What the accepted jobs write, and touch, is watched until none is at work.
  const ids = new Set([...system.knownIds(), ...total.ids]);
  left = await leftoversAfterWork(ids);
  touched = touchedSince(shared);
  output.end();
  process.stdout.write(
    `HOSTILE_SEED=${SEED}: ${COUNT} requests and ${COUNT_OVER_HTTP} over HTTP in ${tookMs} ms; ${told(total.statuses)}; over HTTP ${told(overNetwork)}\n`,
  );
  process.stdout.write(
    `${heaps.map((bytes) => Math.round(bytes / 1e6))} MB, ${output.lines()} lines, ${ids.size} ids, ${left.working.length} at work\n`,
  );
}, 600_000);
afterAll(() => output.end());

test("every one is answered below 500, in the shape of our errors, and nothing of it is told back", () => {
  expect(total.failures.slice(0, 20), "Those that are mended go into past-failures.json.").toEqual([]);
});

test("they get as far as the parts behind the door, in the process and over the network", () => {
  const all = COUNT + COUNT_OVER_HTTP + pastFailures.length;
  expect(wrongWithReach(total.statuses, all)).toEqual([]);
  expect(wrongWithReach(overNetwork, COUNT_OVER_HTTP, LIMITED)).toEqual([]);
});

test("no line of the log holds anything of them", () => {
  expect(output.lines()).toBeGreaterThan(COUNT);
  expect(output.marked.slice(0, 20)).toEqual([]);
});

test("nothing that all objects share is touched", () => {
  expect(touched).toEqual([]);
});

test("memory stays flat", () => {
  const [, , middle = 0, , end = Number.NaN] = heaps;
  expect(end - middle).toBeLessThan(MOST_BYTES_KEPT);
});

test("those that were refused leave nothing behind, and those that were accepted are whole jobs", () => {
  expect(left).toEqual({ working: [], unexplained: [] });
});
