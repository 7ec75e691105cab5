import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dynamoClaims } from "../../functions/jobs/store/claims.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { JOBS, localTables, loseReplies } from "../support/local-tables.ts";

let tables: Awaited<ReturnType<typeof localTables>>;
beforeAll(async () => {
  tables = await localTables();
});
afterAll(() => tables.close());

const clock = fakeClock();
const on = (userId: string, institutionId: string) => ({ userId, institutionId });
const claimsOn = (client = tables.client) => dynamoClaims(client, JOBS, clock);

describe("a claim", () => {
  test("is held by who took it", async () => {
    const user = randomUUID();
    expect(await claimsOn().holder(on(user, "AU00000"))).toBeUndefined();
    expect(await claimsOn().take(on(user, "AU00000"), "job-1", undefined)).toBe(true);
    expect(await claimsOn().holder(on(user, "AU00000"))).toBe("job-1");
  });

  test("is one per user and institution", async () => {
    const user = randomUUID();
    expect(await claimsOn().take(on(user, "AU00000"), "job-1", undefined)).toBe(true);
    expect(await claimsOn().take(on(user, "AU00002"), "job-2", undefined)).toBe(true);
    expect(await claimsOn().take(on(`${user}-`, "AU00000"), "job-3", undefined)).toBe(true);
    expect(await claimsOn().holder(on(user, "AU00000"))).toBe("job-1");
  });

  test("goes from the named holder only", async () => {
    const user = randomUUID();
    await claimsOn().take(on(user, "AU00000"), "job-1", undefined);
    expect(await claimsOn().take(on(user, "AU00000"), "job-2", undefined)).toBe(false);
    expect(await claimsOn().take(on(user, "AU00000"), "job-2", "job-0")).toBe(false);
    expect(await claimsOn().take(on(user, "AU00000"), "job-2", "job-1")).toBe(true);
    expect(await claimsOn().holder(on(user, "AU00000"))).toBe("job-2");
  });

  test("that is gone is not taken over from its former holder", async () => {
    expect(await claimsOn().take(on(randomUUID(), "AU00000"), "job-2", "job-1")).toBe(false);
  });

  test.each([undefined, "job-0"])("from %s is won by one of twelve", async (from) => {
    const user = randomUUID();
    if (from !== undefined) await claimsOn().take(on(user, "AU00000"), from, undefined);
    const jobs = Array.from({ length: 12 }, (_, index) => `rival-${index}`);
    const won = await Promise.all(jobs.map((job) => claimsOn().take(on(user, "AU00000"), job, from)));
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await claimsOn().holder(on(user, "AU00000"))).toBe(jobs[won.indexOf(true)]);
  });

  test("on a connection is one of its own, whatever an institution is called", async () => {
    const user = randomUUID();
    const connection = { userId: user, connectionId: "AU00000" };
    expect(await claimsOn().take(on(user, "AU00000"), "create", undefined)).toBe(true);
    expect(await claimsOn().holder(connection)).toBeUndefined();
    expect(await claimsOn().take(connection, "refresh", undefined)).toBe(true);
    expect(await claimsOn().take(connection, "update", undefined)).toBe(false);
    expect(await claimsOn().take({ ...connection, userId: `${user}-` }, "theirs", undefined)).toBe(true);
    expect(await claimsOn().take(connection, "update", "refresh")).toBe(true);
    expect(await claimsOn().holder(connection)).toBe("update");
    expect(await claimsOn().holder(on(user, "AU00000"))).toBe("create");
    const keys = (await tables.rows(JOBS)).flatMap(({ pk, jobId }) => (jobId === "update" ? [pk] : []));
    expect(keys).toEqual([`claim#${user}#connection#AU00000`]);
  });

  test("whose reply is lost is recognised as one's own", async () => {
    const user = randomUUID();
    const losses = { replies: 1 };
    const client = loseReplies(tables.newClient(), losses);
    expect(await claimsOn(client).take(on(user, "AU00000"), "job-1", undefined)).toBe(true);
    expect(losses.replies).toBe(0);
    client.destroy();
  });

  test("is kept as long as its job can be read", async () => {
    const user = randomUUID();
    await claimsOn().take(on(user, "AU00000"), "job-1", undefined);
    const row = (await tables.rows(JOBS)).find(({ pk }) => pk === `claim#${user}#AU00000`);
    const expiresAt = clock.now().getTime() / 1000 + 90 * 24 * 3600;
    expect(row).toEqual({ pk: `claim#${user}#AU00000`, jobId: "job-1", expiresAt });
  });
});
