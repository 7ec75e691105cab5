import { randomUUID } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import { dynamoRequestCounts } from "../../functions/access/request-counts.ts";
import type { Ports } from "../../functions/jobs/domain/ports.ts";
import { dynamoClaims } from "../../functions/jobs/store/claims.ts";
import { dynamoErasures } from "../../functions/jobs/store/erasures.ts";
import { dynamoJobStore } from "../../functions/jobs/store/job-store.ts";
import { dynamoRefusedLogins } from "../../functions/jobs/store/refused-logins.ts";
import { dynamoReservations } from "../../functions/jobs/store/reservations.ts";
import { type FakeClock, fakeClock } from "../support/fake-clock.ts";
import { fakePorts } from "../support/fake-ports.ts";
import { jobOf } from "../support/job-examples.ts";
import { JOBS, localTables } from "../support/local-aws.ts";

const tables = await localTables();
afterAll(tables.close);

type Stores = Pick<Ports, "erasures" | "jobs" | "claims" | "refusedLogins" | "reservations"> & {
  clock: FakeClock;
  requestCounts: ReturnType<typeof dynamoRequestCounts>;
};

function onDynamo(): Stores {
  const clock = fakeClock();
  const [client, options] = [tables.client, { tableName: JOBS, clock, retentionDays: 90 }];
  return {
    clock,
    erasures: dynamoErasures(client, JOBS, clock),
    jobs: dynamoJobStore({ client, newId: randomUUID, ...options }),
    claims: dynamoClaims(client, JOBS, clock),
    refusedLogins: dynamoRefusedLogins(client, JOBS, clock),
    reservations: dynamoReservations(client, JOBS, clock),
    requestCounts: dynamoRequestCounts(client, JOBS),
  };
}

const IMPLEMENTATIONS: [string, () => Stores][] = [
  ["in memory", fakePorts],
  ["on DynamoDB", onDynamo],
];

const DAY_MS = 24 * 3600_000;

/** Writes a row of each kind for a user. Returns the id of the job. */
async function writeRows(stores: Stores, userId: string): Promise<string> {
  const jobId = randomUUID();
  await stores.jobs.add(jobOf({ id: jobId, userId }));
  await stores.claims.take({ userId, institutionId: "AU00000" }, jobId, undefined);
  await stores.claims.take({ userId, connectionId: "8fce3b" }, jobId, undefined);
  await stores.refusedLogins.note(userId, "AU00000", jobId);
  await stores.requestCounts.add("user", userId, { number: 1, endsAt: stores.clock.after(1000) });
  const fingerprint = { mac: Uint8Array.of(1), sealedKey: Uint8Array.of(2) };
  const expiresAt = Math.ceil(stores.clock.after(DAY_MS).getTime() / 1000);
  const reservation = { jobId, fingerprint, writeId: "w", expiresAt };
  await stores.reservations.write(
    { userId, key: "k", text: { reveal: () => "" } as never },
    reservation,
    undefined,
  );
  return jobId;
}

describe.each(IMPLEMENTATIONS)("an erasure %s", (_, newStores) => {
  test("finds a row of every kind, of its user only, and removes each", async () => {
    const stores = newStores();
    const [user, other] = [randomUUID(), randomUUID()];
    const jobId = await writeRows(stores, user);
    await writeRows(stores, other);
    const erasure = await stores.erasures.begin(user);
    const rows = await stores.erasures.rowsOf(erasure);
    expect(rows).toHaveLength(6);
    expect(rows.flatMap((row) => row.jobId ?? [])).toEqual([jobId]);
    for (const row of rows) await stores.erasures.remove(row);
    expect(await stores.erasures.rowsOf(erasure)).toEqual([]);
    expect(await stores.erasures.rowsOf(await stores.erasures.begin(other))).toHaveLength(6);
  });

  test("marks its user for two days", async () => {
    const { erasures, clock } = newStores();
    const user = randomUUID();
    expect(await erasures.isErased(user)).toBe(false);
    await erasures.begin(user);
    expect([await erasures.isErased(user), await erasures.isErased(randomUUID())]).toEqual([true, false]);
    clock.pass(2 * DAY_MS);
    expect(await erasures.isErased(user)).toBe(false);
  });

  test("is due at each of its rounds, and not after the last one", async () => {
    const { erasures, clock } = newStores();
    const erasure = await erasures.begin(randomUUID());
    const isDue = async () => (await erasures.due()).some(({ owner }) => owner === erasure.owner);
    expect(await isDue()).toBe(false);
    clock.pass(60_000);
    expect(await erasures.due()).toContainEqual(erasure);
    await erasures.schedule(erasure, clock.after(60_000));
    expect(await isDue()).toBe(false);
    clock.pass(60_000);
    expect(await isDue()).toBe(true);
    await erasures.schedule(erasure, undefined);
    expect(await isDue()).toBe(false);
  });
});

test("The row of an erased user does not name the user", async () => {
  const user = randomUUID();
  await onDynamo().erasures.begin(user);
  expect(JSON.stringify(await tables.rows(JOBS))).not.toContain(user);
});
