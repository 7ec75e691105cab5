import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nightly } from "../support/nightly.ts";
import { type Attack, attack, hostileRequests, LIMITED, SEED, TOKEN, wrongWithReach } from "./attack.ts";
import type { HostileRequest } from "./hostile-requests.ts";
import { hostileSystem, leftovers } from "./hostile-system.ts";
import pastFailures from "./past-failures.json" with { type: "json" };
import { bytesInUse, sharedProperties, touchedSince, watchedOutput } from "./watched-process.ts";

const MARK = `Mk${randomBytes(6).toString("hex")}`;
const COUNT = nightly(1_000_000);
const COUNT_OVER_HTTP = 3_000;
const PARTS = 5;
/** In a run of 100,000 requests, two parts of five would add 100 MB if requests were kept. Rows are in files. */
const MOST_BYTES_KEPT = 16 * 1024 * 1024;
const MOST_LOOKS = 3_000;
/** Only for a machine that has other work too. */
const TIMEOUT_MS = nightly(18_000_000);

const system = hostileSystem();
let output: ReturnType<typeof watchedOutput>;
const total: Attack = { statuses: new Map(), ids: new Set(), failures: [] };
let overNetwork: Attack["statuses"] = new Map();
let touched: string[] = [];
let left: Awaited<ReturnType<typeof leftovers>>;
const inUse: Awaited<ReturnType<typeof bytesInUse>>[] = [];
const shared = sharedProperties();

function add({ statuses, ids, failures }: Attack): void {
  for (const [status, count] of statuses)
    total.statuses.set(status, (total.statuses.get(status) ?? 0) + count);
  for (const id of ids) total.ids.add(id);
  total.failures.push(...failures);
}

function inWords(statuses: Attack["statuses"]): string {
  const counts = [...statuses].toSorted(([a], [b]) => a - b);
  return counts.map(([status, count]) => `${status}: ${count}`).join(", ");
}

const inMegabytes = (bytes: number) => Math.round(bytes / 1e6);

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
  const token = system.token();
  const inProcess = { token, send: system.send };
  const past: HostileRequest[] = JSON.parse(JSON.stringify(pastFailures).replaceAll(TOKEN, token));
  add(await attack(inProcess, past.values()));
  const startedAt = performance.now();
  for (let part = 0; part < PARTS; part++) {
    const wanted = { count: COUNT / PARTS, mark: `${MARK}P${part}` };
    add(await attack(inProcess, hostileRequests(system, wanted)));
    inUse.push(await bytesInUse());
  }
  const last = hostileRequests(system, { count: COUNT_OVER_HTTP, mark: `${MARK}H` });
  const ended = await attack({ token, send: system.sendOverHttp }, last);
  overNetwork = ended.statuses;
  add(ended);
  const tookMs = Math.round(performance.now() - startedAt);
  // The accepted jobs log and write until they are at rest.
  const ids = new Set([...system.knownIds(), ...total.ids]);
  left = await leftoversAfterWork(ids);
  touched = touchedSince(shared);
  output.end();
  process.stdout.write(
    `HOSTILE_SEED=${SEED}: ${COUNT} requests and ${COUNT_OVER_HTTP} over HTTP in ${tookMs} ms; ${inWords(total.statuses)}; over HTTP ${inWords(overNetwork)}\n`,
  );
  process.stdout.write(
    `heap ${inUse.map(({ heap }) => inMegabytes(heap))} MB, buffers ${inUse.map(({ buffers }) => inMegabytes(buffers))} MB, ${output.lines()} lines, ${ids.size} ids, ${left.working.length} at work\n`,
  );
}, TIMEOUT_MS);
afterAll(() => output.end());

test("the reply to each request is below 500, has the shape of our errors, and repeats nothing of it", () => {
  expect(total.failures.slice(0, 20), "Add those that are repaired to past-failures.json.").toEqual([]);
});

test("requests reach the code behind authorization, in the process and over HTTP", () => {
  const all = COUNT + COUNT_OVER_HTTP + pastFailures.length;
  expect(wrongWithReach(total.statuses, all)).toEqual([]);
  expect(wrongWithReach(overNetwork, COUNT_OVER_HTTP, LIMITED)).toEqual([]);
});

test("no log line contains any input", () => {
  expect(output.lines()).toBeGreaterThan(COUNT);
  expect(output.marked.slice(0, 20)).toEqual([]);
});

test("no object that all code shares is changed", () => {
  expect(touched).toEqual([]);
});

test("memory does not grow", () => {
  const [, , middle, , end] = inUse.map(({ heap, buffers }) => heap + buffers);
  expect(Number(end) - Number(middle)).toBeLessThan(MOST_BYTES_KEPT);
});

test("refused requests leave no row, and accepted ones leave whole jobs", () => {
  expect(left).toEqual({ working: [], unexplained: [] });
});
