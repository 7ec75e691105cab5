import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { unknownState } from "../../../../functions/institutions/domain/state.ts";
import {
  classOf,
  medianOf,
  minuteOf,
  minutesUntil,
  successRateOf,
  sumOf,
  tallyOf,
} from "../../../../functions/institutions/domain/traffic.ts";
import { dynamoInstitutionStates } from "../../../../functions/institutions/store/institution-states.ts";
import { dynamoTraffic } from "../../../../functions/institutions/store/traffic.ts";
import { dynamoWaitingJobs } from "../../../../functions/institutions/store/waiting-jobs.ts";
import { putRow } from "../../../../functions/platform/dynamo.ts";
import { START } from "../../../support/fake-clock.ts";
import { EVENTS, JOBS, localTables } from "../../../support/local-aws.ts";
import { attemptAt } from "./attempts.ts";

const tables = await localTables();
afterAll(tables.close);

const MINUTE = minuteOf(START);
const timed = (ms: number) => attemptAt(0, "succeeded", { stepMs: { "verify-credentials": ms } });

describe("the times of a step", () => {
  test("have a median that is at most 19 % too high or 16 % too low, from a third of a second to 24 minutes", () => {
    const times = fc.array(fc.integer({ min: 354, max: 1_448_155 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(times, (all) => {
        const exact = all.toSorted((one, other) => one - other)[Math.ceil(all.length / 2) - 1] ?? 0;
        const median = medianOf(tallyOf(all.map(timed)).times["verify-credentials"]) ?? 0;
        expect(median / exact).toBeGreaterThan(0.83);
        expect(median / exact).toBeLessThan(1.2);
      }),
    );
  });

  test("that are shorter or longer count in the first or the last class, and none have no median", () => {
    expect([classOf(0), classOf(500), classOf(501), classOf(10 ** 9)]).toEqual([0, 0, 1, 23]);
    expect(medianOf(new Map())).toBeUndefined();
  });
});

test("The success rate leaves out what users stopped, and there is none without an attempt", () => {
  const some = [
    attemptAt(0, "succeeded"),
    attemptAt(0, "institution"),
    attemptAt(0, "aggregator"),
    attemptAt(0, "us"),
  ];
  expect(successRateOf(tallyOf([...some, attemptAt(0, "user"), attemptAt(0, "user")]))).toBe(0.25);
  expect(successRateOf(tallyOf([attemptAt(0, "user")]))).toBeUndefined();
});

test("A window has the last hour and the minute that has begun", () => {
  const minutes = minutesUntil(new Date("2026-01-05T09:00:30.000Z"));
  expect([minutes.length, minutes[0], minutes.at(-1)]).toEqual([61, "2026-01-05T08:00", "2026-01-05T09:00"]);
});

describe("the counts of attempts", () => {
  const traffic = dynamoTraffic(tables.client, EVENTS);
  const read = async (bank: string, minutes = [MINUTE]) =>
    sumOf([...(await traffic.read(bank, minutes)).values()]);

  test("are those of all attempts, each counted once, however they come again", async () => {
    const bank = randomUUID();
    const all = [
      ...Array.from({ length: 60 }, () => timed(2_000)),
      attemptAt(1, "institution"),
      attemptAt(2, "user"),
      attemptAt(2, "us"),
      attemptAt(2, "aggregator"),
    ];
    await traffic.count(bank, MINUTE, all.slice(0, 3));
    await traffic.count(bank, MINUTE, [...all, ...all.slice(10, 12)]);
    await Promise.all([traffic.count(bank, MINUTE, all.slice(2, 9)), traffic.count(bank, MINUTE, all)]);
    expect(await read(bank)).toEqual(tallyOf(all));
  });

  test("are one row for a bank and minute, which is paid as one kilobyte for a hundred attempts", async () => {
    const bank = randomUUID();
    const hundred = Array.from({ length: 100 }, (_, index) => timed(400 + 50 * index));
    await traffic.count(bank, MINUTE, hundred);
    const rows = (await tables.rows(EVENTS)).filter(({ pk }) => String(pk).includes(bank));
    expect(rows).toHaveLength(1);
    const bytes = Object.entries(rows[0] ?? {}).map(([name, value]) =>
      value instanceof Set ? name.length + [...value].join("").length : name.length + String(value).length,
    );
    expect(bytes.reduce((sum, one) => sum + one, 0)).toBeLessThan(1024);
    expect(rows[0]?.["expiresAt"]).toBe(Date.parse(START) / 1000 + 2 * 24 * 3600);
  });

  test("are those of the bank and the minutes that were asked for, and empty where nothing was counted", async () => {
    const [bank, other] = [randomUUID(), randomUUID()];
    await traffic.count(bank, MINUTE, [timed(1)]);
    await traffic.count(other, MINUTE, [timed(1)]);
    const minutes = minutesUntil(new Date(START));
    expect([...(await traffic.read(bank, minutes)).keys()]).toEqual([MINUTE]);
    expect(await read(bank, minutes.slice(0, -1))).toEqual(tallyOf([]));
  });
});

describe("the state of an institution", () => {
  const states = dynamoInstitutionStates(tables.client, EVENTS);

  test("is found as it was written, and unknown before", async () => {
    const id = randomUUID();
    const unknown = unknownState(id);
    expect(await states.find(id)).toEqual(unknown);
    const whole = {
      ...unknown,
      version: 1,
      ...{ status: "down" as const, since: START, answeredAt: START, succeededAt: START },
      failed: [{ token: "t1", at: START }],
      record: { isAvailable: false, since: START },
      unannounced: [{ status: "down" as const, since: START }],
    };
    expect(await states.write(whole, unknown)).toBe(true);
    expect(await states.find(id)).toEqual(whole);
  });

  test("is written over the version that was read only", async () => {
    const unknown = unknownState(randomUUID());
    const first = { ...unknown, version: 1 };
    expect(await states.write(first, unknown)).toBe(true);
    expect(await states.write(first, unknown)).toBe(false);
    expect(await states.write({ ...first, version: 2 }, first)).toBe(true);
    expect(await states.write({ ...first, version: 2 }, first)).toBe(false);
  });
});

test("The jobs that wait for a bank are counted in the sweeper's index, and no others", async () => {
  const bank = randomUUID();
  const waiting = dynamoWaitingJobs(tables.client, JOBS);
  expect(await waiting.count(bank)).toEqual({ count: 0, isAtLeast: false });
  for (const sweep of [`awaiting#${bank}`, `awaiting#${bank}`, `awaiting#${bank}1`, "queued#0"]) {
    await putRow(tables.client, JOBS, { pk: `job#${randomUUID()}`, sweep, sweepAt: START });
  }
  expect(await waiting.count(bank)).toEqual({ count: 2, isAtLeast: false });
});
