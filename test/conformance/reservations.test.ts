import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { KeyedRequest, Reservation } from "../../functions/jobs/domain/idempotency.ts";
import type { Reservations } from "../../functions/jobs/domain/ports.ts";
import { dynamoReservations } from "../../functions/jobs/store/reservations.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { fakeReservations } from "../support/fake-ports.ts";
import { JOBS, localTables } from "../support/local-aws.ts";
import { keyed } from "../support/use-case-worlds.ts";

let tables: Awaited<ReturnType<typeof localTables>>;
beforeAll(async () => {
  tables = await localTables();
});
afterAll(() => tables.close());

const clock = fakeClock();
const IMPLEMENTATIONS: [string, () => Reservations][] = [
  ["in memory", () => fakeReservations(clock)],
  ["on DynamoDB", () => dynamoReservations(tables.client, JOBS, clock)],
];

const newRequest = (): KeyedRequest => keyed({ key: randomUUID() });

function reservationOf(changes: Partial<Reservation> = {}): Reservation {
  return {
    jobId: randomUUID(),
    fingerprint: { mac: Uint8Array.of(1, 2, 3), sealedKey: Uint8Array.of(255, 0) },
    writeId: randomUUID(),
    busySince: clock.now().toISOString(),
    expiresAt: clock.after(24 * 3600_000).getTime() / 1000,
    ...changes,
  };
}

const REPLY = { status: 202, body: { z: 1, a: { "10": "é", "9": null } }, jobId: "j" };

describe.each(IMPLEMENTATIONS)("reservations %s", (_, make) => {
  test("are none at first, and then as they were written", async () => {
    const [reservations, request, first] = [make(), newRequest(), reservationOf()];
    expect(await reservations.find(request)).toBeUndefined();
    expect(await reservations.write(request, first, undefined)).toBe(true);
    expect(await reservations.find(request)).toEqual(first);
  });

  test("keep a reply to the byte", async () => {
    const [reservations, request] = [make(), newRequest()];
    await reservations.write(request, reservationOf({ reply: REPLY }), undefined);
    const found = await reservations.find(request);
    expect(JSON.stringify(found?.reply)).toBe(JSON.stringify(REPLY));
  });

  test.each([
    ["another key", (one: KeyedRequest) => ({ ...one, key: `${one.key}x` })],
    ["another user", (one: KeyedRequest) => ({ ...one, userId: "somebody-else" })],
  ])("are not those of %s", async (__, another) => {
    const [reservations, request] = [make(), newRequest()];
    await reservations.write(request, reservationOf(), undefined);
    expect(await reservations.find(another(request))).toBeUndefined();
    expect(await reservations.write(another(request), reservationOf(), undefined)).toBe(true);
  });

  test("are written by whoever knows the last one, and by nobody else", async () => {
    const [reservations, request, first] = [make(), newRequest(), reservationOf()];
    await reservations.write(request, first, undefined);
    const second = reservationOf({ jobId: first.jobId });
    expect(await reservations.write(request, reservationOf(), undefined)).toBe(false);
    expect(await reservations.write(request, reservationOf(), second)).toBe(false);
    expect(await reservations.find(request)).toEqual(first);
    expect(await reservations.write(request, second, first)).toBe(true);
    expect(await reservations.write(request, reservationOf(), first)).toBe(false);
    expect(await reservations.find(request)).toEqual(second);
  });

  test("are written anew where the last one is gone", async () => {
    const [reservations, request, first] = [make(), newRequest(), reservationOf()];
    await reservations.write(request, first, undefined);
    await reservations.remove(request, first);
    expect(await reservations.find(request)).toBeUndefined();
    expect(await reservations.write(request, reservationOf(), first)).toBe(true);
  });

  test("are removed by whoever knows the last one, and by nobody else", async () => {
    const [reservations, request, first] = [make(), newRequest(), reservationOf()];
    await reservations.remove(request, first);
    await reservations.write(request, first, undefined);
    await reservations.remove(request, reservationOf({ jobId: first.jobId }));
    expect(await reservations.find(request)).toEqual(first);
  });

  test("count as gone past their time, and give way", async () => {
    const [reservations, request] = [make(), newRequest()];
    const first = reservationOf({ expiresAt: clock.after(2_000).getTime() / 1000 });
    await reservations.write(request, first, undefined);
    clock.pass(1_999);
    expect(await reservations.find(request)).toEqual(first);
    expect(await reservations.write(request, reservationOf(), undefined)).toBe(false);
    clock.pass(1);
    expect(await reservations.find(request)).toBeUndefined();
    const next = reservationOf();
    expect(await reservations.write(request, next, undefined)).toBe(true);
    expect(await reservations.find(request)).toEqual(next);
  });

  test("by twelve at once are made by one", async () => {
    const [reservations, request] = [make(), newRequest()];
    const all = Array.from({ length: 12 }, () => reservationOf());
    const made = await Promise.all(all.map((one) => reservations.write(request, one, undefined)));
    expect(made.filter(Boolean)).toHaveLength(1);
    expect(await reservations.find(request)).toEqual(all[made.indexOf(true)]);
  });
});
