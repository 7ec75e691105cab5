import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { KeyedRequest, Reservation } from "../../functions/jobs/domain/idempotency.ts";
import { dynamoReservations } from "../../functions/jobs/store/reservations.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { fakeReservations } from "../support/fake-reservations.ts";
import { keyed } from "../support/keyed.ts";
import { JOBS, localTables, loseReplies } from "../support/local-tables.ts";

let tables: Awaited<ReturnType<typeof localTables>>;
beforeAll(async () => {
  tables = await localTables();
});
afterAll(() => tables.close());

const clock = fakeClock();
const kept = (client = tables.client) => dynamoReservations(client, JOBS, clock);
const newRequest = (): KeyedRequest => keyed({ key: randomUUID(), text: "POST /a\nhooli2016" });

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

describe.each([
  ["in the table", () => kept()],
  ["in memory, as other tests have them", () => fakeReservations(clock)],
])("reservations %s", (_, make) => {
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

describe("a write whose reply is lost", () => {
  test.each([
    ["a first one", false],
    ["a later one", true],
  ])("is recognised as its own: %s", async (_, isLater) => {
    const request = newRequest();
    const first = isLater ? reservationOf() : undefined;
    if (first !== undefined) await kept().write(request, first, undefined);
    const losses = { replies: 1 };
    const client = loseReplies(tables.newClient(), losses);
    const next = reservationOf({ reply: REPLY });
    expect(await kept(client).write(request, next, first)).toBe(true);
    expect(losses.replies).toBe(0);
    expect(await kept().find(request)).toEqual(next);
    client.destroy();
  });

  test("is not taken for its own when another one came after it", async () => {
    const [request, first, other] = [newRequest(), reservationOf(), reservationOf()];
    const losses = {
      replies: 1,
      meanwhile: async () => {
        await kept().write(request, other, first);
      },
    };
    const client = loseReplies(tables.newClient(), losses);
    expect(await kept(client).write(request, first, undefined)).toBe(false);
    expect(await kept().find(request)).toEqual(other);
    client.destroy();
  });
});

test("a row holds neither the key nor the request, and goes by its time to live", async () => {
  const request = newRequest();
  const reservation = reservationOf({ reply: REPLY });
  await kept().write(request, reservation, undefined);
  const row = (await tables.rows(JOBS)).find(({ jobId }) => jobId === reservation.jobId);
  expect(row?.["pk"]).toMatch(new RegExp(`^idempotency#${request.userId}#[0-9a-f]{64}$`));
  expect(row?.["expiresAt"]).toBe(reservation.expiresAt);
  const said = JSON.stringify(row);
  for (const secret of [request.key, "hooli2016"]) expect(said).not.toContain(secret);
});

test("a row that lies broken is an error, not a reservation", async () => {
  const request = newRequest();
  await kept().write(request, reservationOf({ reply: { ...REPLY, status: 202.5 } }), undefined);
  await expect(kept().find(request)).rejects.toThrow();
});
