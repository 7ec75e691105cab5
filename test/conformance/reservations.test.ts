import { randomUUID } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import type { KeyedRequest, Reservation } from "../../functions/jobs/domain/idempotency.ts";
import type { Reservations } from "../../functions/jobs/domain/ports.ts";
import { dynamoReservations } from "../../functions/jobs/store/reservations.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { fakeReservations } from "../support/fake-ports.ts";
import { JOBS, localTables, loseReplies } from "../support/local-aws.ts";
import { keyed } from "../support/use-case-worlds.ts";

const tables = await localTables();
afterAll(tables.close);

const clock = fakeClock();
const onDynamo = (client = tables.client) => dynamoReservations(client, JOBS, clock);
const IMPLEMENTATIONS: [string, () => Reservations][] = [
  ["in memory", () => fakeReservations(clock)],
  ["on DynamoDB", () => onDynamo()],
];

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

describe.each(IMPLEMENTATIONS)("reservations %s", (_, make) => {
  /** A request with its first reservation. */
  async function reserved(changes: Partial<Reservation> = {}) {
    const [reservations, request, first] = [make(), newRequest(), reservationOf(changes)];
    expect(await reservations.find(request)).toBeUndefined();
    expect(await reservations.write(request, first, undefined)).toBe(true);
    return { reservations, request, first };
  }

  test("store a reply to the byte", async () => {
    const { reservations, request, first } = await reserved({ reply: REPLY });
    const found = await reservations.find(request);
    expect(found).toEqual(first);
    expect(JSON.stringify(found?.reply)).toBe(JSON.stringify(REPLY));
  });

  test.each([
    ["another key", (one: KeyedRequest) => ({ ...one, key: `${one.key}x` })],
    ["another user", (one: KeyedRequest) => ({ ...one, userId: "somebody-else" })],
  ])("are not those of %s", async (__, another) => {
    const { reservations, request } = await reserved();
    expect(await reservations.find(another(request))).toBeUndefined();
    expect(await reservations.write(another(request), reservationOf(), undefined)).toBe(true);
  });

  test("are replaced only by a writer that knows the last one", async () => {
    const { reservations, request, first } = await reserved();
    const second = reservationOf({ jobId: first.jobId });
    expect(await reservations.write(request, reservationOf(), undefined)).toBe(false);
    expect(await reservations.write(request, reservationOf(), second)).toBe(false);
    expect(await reservations.find(request)).toEqual(first);
    expect(await reservations.write(request, second, first)).toBe(true);
    expect(await reservations.write(request, reservationOf(), first)).toBe(false);
    expect(await reservations.find(request)).toEqual(second);
  });

  test("are removed only by a writer that knows the last one, and then written anew", async () => {
    const { reservations, request, first } = await reserved();
    await reservations.remove(request, reservationOf({ jobId: first.jobId }));
    expect(await reservations.find(request)).toEqual(first);
    await reservations.remove(request, first);
    await reservations.remove(request, first);
    expect(await reservations.find(request)).toBeUndefined();
    expect(await reservations.write(request, reservationOf(), first)).toBe(true);
  });

  test("count as gone past their time, and give way", async () => {
    const expiresAt = clock.after(2_000).getTime() / 1000;
    const { reservations, request, first } = await reserved({ expiresAt });
    clock.pass(1_999);
    expect(await reservations.find(request)).toEqual(first);
    expect(await reservations.write(request, reservationOf(), undefined)).toBe(false);
    clock.pass(1);
    expect(await reservations.find(request)).toBeUndefined();
    const next = reservationOf();
    expect(await reservations.write(request, next, undefined)).toBe(true);
    expect(await reservations.find(request)).toEqual(next);
  });

  test("of twelve writers at once are made by one", async () => {
    const [reservations, request] = [make(), newRequest()];
    const all = Array.from({ length: 12 }, () => reservationOf());
    const made = await Promise.all(all.map((one) => reservations.write(request, one, undefined)));
    expect(made.filter(Boolean)).toHaveLength(1);
    expect(await reservations.find(request)).toEqual(all[made.indexOf(true)]);
  });
});

describe("a reservation on DynamoDB", () => {
  test.each([
    ["first", undefined],
    ["later", reservationOf()],
  ])("whose reply is lost is recognised by its %s writer", async (_, last) => {
    const request = newRequest();
    if (last !== undefined) await onDynamo().write(request, last, undefined);
    const losses = { replies: 1 };
    const client = loseReplies(tables.newClient(), losses);
    const next = reservationOf({ reply: REPLY });
    expect(await onDynamo(client).write(request, next, last)).toBe(true);
    expect(losses.replies).toBe(0);
    expect(await onDynamo().find(request)).toEqual(next);
  });

  test("whose reply is lost is not taken for another one that came after it", async () => {
    const [request, first, other] = [newRequest(), reservationOf(), reservationOf()];
    const meanwhile = async () => void (await onDynamo().write(request, other, first));
    const client = loseReplies(tables.newClient(), { replies: 1, meanwhile });
    expect(await onDynamo(client).write(request, first, undefined)).toBe(false);
    expect(await onDynamo().find(request)).toEqual(other);
  });

  test("has neither the key nor the request in its row, and a time to live", async () => {
    const [request, reservation] = [newRequest(), reservationOf({ reply: REPLY })];
    await onDynamo().write(request, reservation, undefined);
    const row = (await tables.rows(JOBS)).find(({ jobId }) => jobId === reservation.jobId);
    expect(row?.["pk"]).toMatch(new RegExp(`^idempotency#${request.userId}#[0-9a-f]{64}$`));
    expect(row?.["expiresAt"]).toBe(reservation.expiresAt);
    for (const secret of [request.key, "hooli2016"]) expect(JSON.stringify(row)).not.toContain(secret);
  });

  test("whose row is malformed is an error", async () => {
    const request = newRequest();
    await onDynamo().write(request, reservationOf({ reply: { ...REPLY, status: 202.5 } }), undefined);
    await expect(onDynamo().find(request)).rejects.toThrow();
  });
});
