import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dynamoClaims } from "../../functions/jobs/store/claims.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { JOBS, localTables, loseReplies } from "../support/local-aws.ts";

let tables: Awaited<ReturnType<typeof localTables>>;
beforeAll(async () => {
  tables = await localTables();
});
afterAll(() => tables.close());

const clock = fakeClock();
const on = (userId: string, institutionId: string) => ({ userId, institutionId });
const claimsOn = (client = tables.client) => dynamoClaims(client, JOBS, clock);

describe("a claim", () => {
  test("on a connection has a key of its own", async () => {
    const user = randomUUID();
    const connection = { userId: user, connectionId: "8fce3b" };
    expect(await claimsOn().take(connection, "update", undefined)).toBe(true);
    const keys = (await tables.rows(JOBS)).flatMap(({ pk }) => (String(pk).includes(user) ? [pk] : []));
    expect(keys).toEqual([`claim#${user}#connection#8fce3b`]);
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
