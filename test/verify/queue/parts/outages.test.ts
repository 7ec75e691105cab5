import { describe, expect, onTestFinished, test } from "vitest";
import type { Clock } from "../../../../functions/jobs/domain/clock.ts";
import {
  countsAsDown,
  dueAtBank,
  noteAwaited,
  noteDecided,
  noteFailed,
  noteProbe,
  noteUnawaited,
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
    expect(noteDecided({ ...failing, awaitedAt: START })).toEqual({ ...none, awaitedAt: START });
    expect(noteDecided(none)).toBeUndefined();
  });
});

test.each([
  ["is down", none, false, "ending"],
  ["is down, and attempts failed before", failing, false, "ending"],
  ["is good", none, true, "all"],
  ["is good after two attempts that failed", { ...none, failed: ["a 1", "b 1"] }, true, "all"],
  ["is good while attempts fail, before two hours", failing, true, "ending"],
  ["is good while attempts fail, two hours later", { ...failing, probeAt: START }, true, "one"],
] as const)("of the jobs that wait for a bank whose record %s are due: %#", (_, outage, isGood, due) => {
  expect(dueAtBank({ ...outage, failed: [...outage.failed] }, isGood, fakeClock())).toBe(due);
});

test("a bank is probed every two hours, by one run only", () => {
  const clock = fakeClock("2026-01-05T11:00:00.000Z");
  const probed = noteProbe("place", clock)(failing);
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
