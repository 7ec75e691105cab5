import { describe, expect, onTestFinished, test } from "vitest";
import type { Clock } from "../../../../functions/jobs/domain/clock.ts";
import {
  countsAsDown,
  loginsLeft,
  loginsPerSecond,
  mayProbe,
  noteAwaited,
  noteDecided,
  noteDown,
  noteFailed,
  noteProbe,
  noteUnawaited,
  noteWaking,
  type Outage,
} from "../../../../functions/jobs/domain/outage.ts";
import type { Outages } from "../../../../functions/jobs/domain/ports.ts";
import { dynamoOutages } from "../../../../functions/jobs/store/outages.ts";
import { fakeClock, START } from "../../../support/fake-clock.ts";
import { fakeOutages } from "../../../support/fake-ports.ts";
import { JOBS, localTables } from "../../../support/local-aws.ts";

const BANK = "AU00000";
const MINUTE = 60_000;
const none: Outage = { institutionId: BANK, failed: [] };
const failing = { ...none, failed: ["a 1", "b 1", "c 1"], probeAt: "2026-01-05T11:00:00.000Z" };

describe("attempts that meet an outage although the record is good", () => {
  const clock = fakeClock();
  const fail = (outage: Outage, id: string, attempt = 1) => noteFailed({ id, attempt }, clock)(outage);

  test("make the bank count as down after three in a row, which one job then probes in two hours", () => {
    const first = fail(none, "a") ?? none;
    const second = fail(first, "a", 2) ?? none;
    expect([countsAsDown(first), countsAsDown(second), second.probeAt]).toEqual([false, false, undefined]);
    expect(fail(second, "b")).toEqual({
      ...none,
      failed: ["a 1", "a 2", "b 1"],
      probeAt: "2026-01-05T11:00:00.000Z",
      awaitedAt: START,
    });
  });

  test("count once each, and no more than three are stored", () => {
    const first = fail(none, "a") ?? none;
    expect(fail(first, "a")).toBeUndefined();
    const awaited = { ...failing, awaitedAt: START };
    expect(fail(awaited, "d")).toBeUndefined();
    expect(fail(failing, "d")).toEqual(awaited);
  });

  test("are forgotten when the bank decides on a login", () => {
    const trial = { since: START, isPassed: true };
    expect(noteDecided(clock)({ ...failing, awaitedAt: START })).toEqual({
      ...none,
      awaitedAt: START,
      trial,
    });
    expect(noteDecided(clock)({ ...none, failed: ["a 1"] })).toEqual(none);
    expect(noteDecided(clock)(none)).toBeUndefined();
  });
});

describe("a bank that is back", () => {
  const end = new Date(Date.parse(START) + 50_000);
  const waking = { ...none, wakingUntil: end.toISOString(), trial: { since: START, isPassed: false } };
  const passed = { ...waking, trial: { since: START, isPassed: true } };

  test("gets the logins of one run only, and 20 until it has decided on one of them", () => {
    const clock = fakeClock();
    expect(noteWaking(end, clock)(none)).toEqual(waking);
    expect(noteWaking(end, clock)(waking)).toBeUndefined();
    expect([0, 19, 20, 21].map((sent) => loginsLeft(waking, sent))).toEqual([20, 1, 0, 0]);
    expect(noteDecided(clock)(waking)).toEqual(passed);
    expect(noteDecided(clock)(passed)).toBeUndefined();
    expect(loginsLeft(passed, 2_000)).toBe(Number.POSITIVE_INFINITY);
  });

  test("gets no further logins from the next run, until it has decided or ten minutes are over", () => {
    const clock = fakeClock();
    clock.pass(60_000);
    const next = noteWaking(end, clock)(waking) ?? none;
    expect([next.trial, loginsLeft(next, undefined)]).toEqual([waking.trial, 0]);
    clock.pass(9 * MINUTE);
    expect(noteWaking(end, clock)(waking)?.trial?.since).toBe("2026-01-05T09:10:00.000Z");
    expect(noteWaking(end, clock)(passed)?.trial).toEqual(passed.trial);
  });

  test.each([
    ["its record says that it is down", noteDown],
    ["a job meets that record", noteAwaited(fakeClock())],
    ["three attempts in a row fail", noteFailed({ id: "c", attempt: 1 }, fakeClock())],
  ])("is closed again when %s", (_, note) => {
    const closed = note({ ...passed, failed: ["a 1", "b 1"], awaitedAt: START }) ?? passed;
    expect([closed.trial, loginsLeft(closed, 0)]).toEqual([undefined, 0]);
  });

  test.each([
    [1, 0.1],
    [10, 0.1],
    [11, 1 / 9],
    [100, 10],
    [280, 30],
    [1_000, 30],
  ])("gets, in an account with %d functions, %d logins a second", (concurrency, perSecond) => {
    expect(loginsPerSecond(concurrency)).toBeCloseTo(perSecond, 9);
  });
});

test("a bank is probed every two hours, by one run only", () => {
  const clock = fakeClock("2026-01-05T11:00:00.000Z");
  const probed = noteProbe("place", clock)(failing);
  expect([mayProbe(failing, fakeClock()), mayProbe(failing, clock)]).toEqual([false, true]);
  expect(probed).toEqual({ ...failing, probed: "place", probeAt: "2026-01-05T13:00:00.000Z" });
  expect(noteProbe("place", clock)(probed ?? none)).toBeUndefined();
});

test("a bank is noted as awaited once a minute, and stays so until surely no function is about to park a job", () => {
  const clock = fakeClock();
  const awaited = { ...none, awaitedAt: START };
  expect(noteAwaited(clock)(none)).toEqual(awaited);
  clock.pass(MINUTE - 1);
  expect(noteAwaited(clock)(awaited)).toBeUndefined();
  clock.pass(1);
  expect(noteAwaited(clock)(awaited)?.awaitedAt).toBe("2026-01-05T09:01:00.000Z");
  clock.pass(4 * MINUTE - 1);
  expect(noteUnawaited(clock)(awaited)).toBeUndefined();
  clock.pass(1);
  expect(noteUnawaited(clock)(awaited)).toEqual({ ...none, awaitedAt: undefined });
  expect(noteUnawaited(clock)(none)).toBeUndefined();
});

async function onDynamo(clock: Clock): Promise<Outages> {
  const { client, close } = await localTables();
  onTestFinished(close);
  return dynamoOutages(client, JOBS, clock);
}

describe.each([
  ["in memory", async () => fakeOutages()],
  ["on DynamoDB", onDynamo],
] as const)("outages %s", (_, make) => {
  test("are stored as they are noted, and list the banks for which jobs wait", async () => {
    const clock = fakeClock();
    const outages = await make(clock);
    expect([await outages.find(BANK), await outages.awaited()]).toEqual([none, []]);
    await outages.change(BANK, noteFailed({ id: "a", attempt: 1 }, clock));
    expect([(await outages.find(BANK)).failed, await outages.awaited()]).toEqual([["a 1"], []]);
    await outages.change(BANK, noteAwaited(clock));
    expect(await outages.awaited()).toEqual([BANK]);
    clock.pass(5 * MINUTE);
    await outages.change(BANK, noteUnawaited(clock));
    expect([(await outages.find(BANK)).failed, await outages.awaited()]).toEqual([["a 1"], []]);
    expect(await outages.change(BANK, () => undefined)).toMatchObject({ failed: ["a 1"] });
  });
});

test("outages that several functions note at once are all stored", async () => {
  const clock = fakeClock();
  const outages = await onDynamo(clock);
  await Promise.all(["a", "b", "c"].map((id) => outages.change(BANK, noteFailed({ id, attempt: 1 }, clock))));
  expect((await outages.find(BANK)).failed.toSorted()).toEqual(["a 1", "b 1", "c 1"]);
});
