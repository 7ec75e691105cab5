import { randomInt } from "node:crypto";
import { expect, test } from "vitest";
import { mulberry32 } from "../../support/seeded-ids.ts";
import { nightly } from "../support/nightly.ts";
import { liveOut, NOTHING_BROKEN } from "./judged.ts";
import { type Call, FAULTS, type Fault, isPost } from "./runs.ts";

const MINUTE_MS = 60_000;
const FAULTS_IN_ALL = nightly(50_000);
/** In a world of its own each: 280 users within 20 minutes, and banks that are down for the first hour and a half. */
const USERS = 280;
const WITHIN_MS = 20 * MINUTE_MS;
const DOWN_FOR_MS = 90 * MINUTE_MS;

/** In every fourth world, faults are four times as frequent. */
const DENSITIES = [1, 1, 1, 4];

/** How many of 1,000 calls each fault meets, where faults are least frequent. */
const OF_1000: { readonly [fault in Fault]: number } = {
  "the call fails before it has its effect": 8,
  "the call has its effect, and its reply is lost": 8,
  "the call is throttled": 5,
  "the call takes long": 5,
  "the function dies before the call": 4,
  "the function dies after the call": 4,
  // Only logins, refreshes and answers.
  "the request arrives when nobody waits for it any more": 40,
};

function harmAtRandom(seed: number, density: number) {
  const random = mulberry32(seed + 101);
  const met = new Map<Fault, number>();
  function harm(call: Call): Fault | undefined {
    let at = random() * 1_000;
    for (const fault of FAULTS) {
      if (fault === "the request arrives when nobody waits for it any more" && !isPost(call)) continue;
      at -= density * OF_1000[fault];
      if (at >= 0) continue;
      met.set(fault, (met.get(fault) ?? 0) + 1);
      return fault;
    }
    return undefined;
  }
  return { harm, met };
}

test("No job is lost, doubled, stuck or leaked, whatever happens to calls and functions", async () => {
  const first = Number(process.env["FAULT_SEED"] ?? randomInt(2 ** 31));
  const inAll = new Map<Fault, number>();
  const ends = new Map<string, number>();
  let [faults, jobs] = [0, 0];
  for (let seed = first; faults < FAULTS_IN_ALL; seed++) {
    const density = DENSITIES[(seed - first) % DENSITIES.length] ?? 1;
    const { harm, met } = harmAtRandom(seed, density);
    const { ends: ended, ...broken } = await liveOut(
      { seed, harm, downForMs: DOWN_FOR_MS },
      USERS,
      WITHIN_MS,
    );
    expect(broken, `FAULT_SEED=${seed}`).toEqual(NOTHING_BROKEN);
    for (const [fault, count] of met) {
      inAll.set(fault, (inAll.get(fault) ?? 0) + count);
      faults += count;
    }
    for (const [kind, outcomes] of ended) {
      jobs += outcomes.length;
      for (const outcome of outcomes) {
        const name = `${kind}: ${outcome}${density === 1 ? "" : ", among more faults"}`;
        ends.set(name, (ends.get(name) ?? 0) + 1);
      }
    }
  }
  const lines = [...inAll, ...ends].map(([name, count]) => `  ${count} ${name}`);
  process.stdout.write(`${faults} faults in ${jobs} jobs, FAULT_SEED=${first}\n${lines.join("\n")}\n`);
  // Otherwise nothing would have been tried.
  const plain = [...ends].filter(([name]) => /^a plain job: \w+$/.test(name));
  const well = ends.get("a plain job: succeeded") ?? 0;
  expect(well / plain.reduce((sum, [, count]) => sum + count, 0)).toBeGreaterThan(0.9);
  expect([...inAll.keys()].toSorted()).toEqual(FAULTS.toSorted());
});
