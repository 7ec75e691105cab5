import { randomUUID } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import type { WaiterSlots } from "../../functions/jobs/domain/ports.ts";
import { dynamoWaiterSlots } from "../../functions/jobs/store/waiter-slots.ts";
import { type FakeClock, fakeClock } from "../support/fake-clock.ts";
import { fakeWaiterSlots } from "../support/fake-ports.ts";
import { JOBS, localTables, loseReplies } from "../support/local-aws.ts";

const tables = await localTables();
afterAll(tables.close);

const IMPLEMENTATIONS: [string, (clock: FakeClock, count: number) => WaiterSlots][] = [
  ["in memory", fakeWaiterSlots],
  ["on DynamoDB", (clock, count) => dynamoWaiterSlots(tables.client, JOBS, clock, count)],
];

describe.each(IMPLEMENTATIONS)("slots of waiting requests %s", (_, make) => {
  /** All tests share one table, so each of them releases what it took. */
  function newSlots(count = 2) {
    const clock = fakeClock();
    const lease = (slot: number) => ({ slot, id: randomUUID(), until: clock.after(10_000) });
    return { clock, slots: make(clock, count), lease, first: lease(0) };
  }

  test("are as many as the deployment has, and none of none", async () => {
    expect(await newSlots().slots.free()).toEqual([0, 1]);
    expect(await newSlots(0).slots.free()).toEqual([]);
  });

  test("are taken by one lease at a time, which may take its own slot again", async () => {
    const { slots, lease, first } = newSlots();
    expect(await slots.take(first)).toBe(true);
    expect(await slots.take(lease(0))).toBe(false);
    expect(await slots.take(first)).toBe(true);
    expect(await slots.free()).toEqual([1]);
    await slots.release(first);
  });

  test("are free after their lease released them, and not after another one did", async () => {
    const { slots, lease, first } = newSlots();
    await slots.take(first);
    await slots.release(lease(0));
    expect(await slots.free()).toEqual([1]);
    await slots.release(first);
    expect(await slots.free()).toEqual([0, 1]);
  });

  test("are free at the end of a lease that nobody released", async () => {
    const { clock, slots, lease, first } = newSlots();
    await slots.take(first);
    clock.pass(9_999);
    expect([await slots.free(), await slots.take(lease(0))]).toEqual([[1], false]);
    clock.pass(1);
    expect(await slots.free()).toEqual([0, 1]);
    const next = lease(0);
    expect(await slots.take(next)).toBe(true);
    await slots.release(first);
    expect(await slots.free()).toEqual([1]);
    await slots.release(next);
  });
});

test("a slot is taken although the reply to the write was lost, and its row expires with the lease", async () => {
  const clock = fakeClock();
  const losses = { replies: 1 };
  const client = loseReplies(tables.newClient(), losses);
  const slots = dynamoWaiterSlots(client, JOBS, clock, 1);
  const lease = { slot: 0, id: randomUUID(), until: clock.after(10_500) };
  expect(await slots.take(lease)).toBe(true);
  expect(losses.replies).toBe(0);
  const leasedUntil = clock.now().getTime() + 10_500;
  expect(await tables.rows(JOBS)).toEqual([
    { pk: "waiter#0", lease: lease.id, leasedUntil, expiresAt: Math.ceil(leasedUntil / 1000) },
  ]);
});
