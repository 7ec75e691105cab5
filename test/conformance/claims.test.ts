import { randomUUID } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import type { Claims } from "../../functions/jobs/domain/ports.ts";
import { dynamoClaims } from "../../functions/jobs/store/claims.ts";
import { ownerOf } from "../../functions/platform/dynamo.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { fakeClaims } from "../support/fake-ports.ts";
import { JOBS, localTables, loseReplies } from "../support/local-aws.ts";

const tables = await localTables();
afterAll(tables.close);

const clock = fakeClock();
const onDynamo = (client = tables.client) => dynamoClaims(client, JOBS, clock);

const IMPLEMENTATIONS: [string, () => Claims][] = [
  ["in memory", fakeClaims],
  ["on DynamoDB", () => onDynamo()],
];

const BANK = { institutionId: "AU00000" };
const newUser = () => ({ userId: randomUUID() });

describe.each(IMPLEMENTATIONS)("a claim %s", (_, newClaims) => {
  test("is held by the job that took it, for one user and one institution", async () => {
    const [claims, user] = [newClaims(), newUser()];
    expect(await claims.holder({ ...user, ...BANK })).toBeUndefined();
    expect(await claims.take({ ...user, ...BANK }, "job-1", undefined)).toBe(true);
    expect(await claims.take({ ...user, institutionId: "AU00002" }, "job-2", undefined)).toBe(true);
    expect(await claims.take({ ...newUser(), ...BANK }, "job-3", undefined)).toBe(true);
    expect(await claims.holder({ ...user, ...BANK })).toBe("job-1");
  });

  test("goes from the named holder only", async () => {
    const [claims, on] = [newClaims(), { ...newUser(), ...BANK }];
    await claims.take(on, "job-1", undefined);
    expect(await claims.take(on, "job-2", undefined)).toBe(false);
    expect(await claims.take(on, "job-2", "job-0")).toBe(false);
    expect(await claims.holder(on)).toBe("job-1");
    expect(await claims.take(on, "job-2", "job-1")).toBe(true);
    expect(await claims.holder(on)).toBe("job-2");
  });

  test("may be taken again by the job that holds it, whatever holder it names", async () => {
    const [claims, on] = [newClaims(), { ...newUser(), ...BANK }];
    await claims.take(on, "job-1", undefined);
    expect(await claims.take(on, "job-1", undefined)).toBe(true);
    expect(await claims.take(on, "job-1", "job-0")).toBe(true);
  });

  test("without a holder is not taken over from a former holder", async () => {
    const [claims, on] = [newClaims(), { ...newUser(), ...BANK }];
    expect(await claims.take(on, "job-2", "job-1")).toBe(false);
    expect(await claims.holder(on)).toBeUndefined();
  });

  test.each([undefined, "job-0"])("from %s goes to one of twelve jobs at once", async (from) => {
    const [claims, on] = [newClaims(), { ...newUser(), ...BANK }];
    if (from !== undefined) await claims.take(on, from, undefined);
    const jobs = Array.from({ length: 12 }, (__, index) => `rival-${index}`);
    const won = await Promise.all(jobs.map((job) => claims.take(on, job, from)));
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await claims.holder(on)).toBe(jobs[won.indexOf(true)]);
  });

  test("on a connection is apart from the claim on an institution of the same name", async () => {
    const [claims, user] = [newClaims(), newUser()];
    const bank = { ...user, ...BANK };
    const connection = { ...user, connectionId: BANK.institutionId };
    expect(await claims.take(bank, "create", undefined)).toBe(true);
    expect(await claims.holder(connection)).toBeUndefined();
    expect(await claims.take(connection, "refresh", undefined)).toBe(true);
    expect(await claims.take(connection, "update", undefined)).toBe(false);
    expect(await claims.take({ ...connection, ...newUser() }, "theirs", undefined)).toBe(true);
    expect(await claims.take(connection, "update", "refresh")).toBe(true);
    expect([await claims.holder(connection), await claims.holder(bank)]).toEqual(["update", "create"]);
  });
});

describe("a claim on DynamoDB", () => {
  test("whose reply is lost is recognised by the job that took it", async () => {
    const losses = { replies: 1 };
    const client = loseReplies(tables.newClient(), losses);
    expect(await onDynamo(client).take({ ...newUser(), ...BANK }, "job-1", undefined)).toBe(true);
    expect(losses.replies).toBe(0);
  });

  test("is stored as long as its job can be read", async () => {
    const { userId } = newUser();
    await onDynamo().take({ userId, ...BANK }, "job-1", undefined);
    await onDynamo().take({ userId, connectionId: "8fce3b" }, "job-2", undefined);
    const expiresAt = clock.now().getTime() / 1000 + 90 * 24 * 3600;
    const rows = (await tables.rows(JOBS)).filter(({ pk }) => String(pk).includes(userId));
    expect(rows.toSorted((a, b) => String(a["jobId"]).localeCompare(String(b["jobId"])))).toEqual([
      { pk: `claim#${userId}#AU00000`, jobId: "job-1", owner: ownerOf(userId), expiresAt },
      { pk: `claim#${userId}#connection#8fce3b`, jobId: "job-2", owner: ownerOf(userId), expiresAt },
    ]);
  });
});
