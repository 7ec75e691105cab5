import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { KeyedRequest, Reservation } from "../../functions/jobs/domain/idempotency.ts";
import { dynamoReservations } from "../../functions/jobs/store/reservations.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { JOBS, localTables, loseReplies } from "../support/local-aws.ts";
import { keyed } from "../support/use-case-worlds.ts";

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
