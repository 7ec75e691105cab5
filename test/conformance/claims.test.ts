import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Claims } from "../../functions/jobs/domain/ports.ts";
import { dynamoClaims } from "../../functions/jobs/store/claims.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { fakeClaims } from "../support/fake-ports.ts";
import { JOBS, localTables } from "../support/local-aws.ts";

let tables: Awaited<ReturnType<typeof localTables>>;
beforeAll(async () => {
  tables = await localTables();
});
afterAll(() => tables.close());

const IMPLEMENTATIONS: [string, () => Claims][] = [
  ["in memory", fakeClaims],
  ["on DynamoDB", () => dynamoClaims(tables.client, JOBS, fakeClock())],
];

const BANK = { institutionId: "AU00000" };

describe.each(IMPLEMENTATIONS)("a claim %s", (_, claims) => {
  const newUser = () => ({ userId: randomUUID() });

  test("is held by the job that took it", async () => {
    const [held, on] = [claims(), { ...newUser(), ...BANK }];
    expect(await held.holder(on)).toBeUndefined();
    expect(await held.take(on, "job-1", undefined)).toBe(true);
    expect(await held.holder(on)).toBe("job-1");
  });

  test("is one per user and institution", async () => {
    const [held, user] = [claims(), newUser()];
    expect(await held.take({ ...user, ...BANK }, "job-1", undefined)).toBe(true);
    expect(await held.take({ ...user, institutionId: "AU00002" }, "job-2", undefined)).toBe(true);
    expect(await held.take({ ...newUser(), ...BANK }, "job-3", undefined)).toBe(true);
    expect(await held.holder({ ...user, ...BANK })).toBe("job-1");
  });

  test("goes from the named holder only", async () => {
    const [held, on] = [claims(), { ...newUser(), ...BANK }];
    await held.take(on, "job-1", undefined);
    expect(await held.take(on, "job-2", undefined)).toBe(false);
    expect(await held.take(on, "job-2", "job-0")).toBe(false);
    expect(await held.holder(on)).toBe("job-1");
    expect(await held.take(on, "job-2", "job-1")).toBe(true);
    expect(await held.holder(on)).toBe("job-2");
  });

  test("may be taken again by the job that holds it, whomever it names", async () => {
    const [held, on] = [claims(), { ...newUser(), ...BANK }];
    await held.take(on, "job-1", undefined);
    expect(await held.take(on, "job-1", undefined)).toBe(true);
    expect(await held.take(on, "job-1", "job-0")).toBe(true);
  });

  test("that nobody holds is not taken over from a former holder", async () => {
    const [held, on] = [claims(), { ...newUser(), ...BANK }];
    expect(await held.take(on, "job-2", "job-1")).toBe(false);
    expect(await held.holder(on)).toBeUndefined();
  });

  test.each([undefined, "job-0"])("from %s is won by one of twelve", async (from) => {
    const [held, on] = [claims(), { ...newUser(), ...BANK }];
    if (from !== undefined) await held.take(on, from, undefined);
    const jobs = Array.from({ length: 12 }, (__, index) => `rival-${index}`);
    const won = await Promise.all(jobs.map((job) => held.take(on, job, from)));
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await held.holder(on)).toBe(jobs[won.indexOf(true)]);
  });

  test("on a connection is apart from the one on an institution of the same name", async () => {
    const [held, user] = [claims(), newUser()];
    const [bank, connection] = [
      { ...user, ...BANK },
      { ...user, connectionId: BANK.institutionId },
    ];
    expect(await held.take(bank, "create", undefined)).toBe(true);
    expect(await held.holder(connection)).toBeUndefined();
    expect(await held.take(connection, "refresh", undefined)).toBe(true);
    expect(await held.take(connection, "update", undefined)).toBe(false);
    expect(await held.take({ ...connection, ...newUser() }, "theirs", undefined)).toBe(true);
    expect(await held.take(connection, "update", "refresh")).toBe(true);
    expect(await held.holder(connection)).toBe("update");
    expect(await held.holder(bank)).toBe("create");
  });
});
