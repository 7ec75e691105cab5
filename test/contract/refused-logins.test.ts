import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { JobChanged } from "../../functions/jobs/domain/errors.ts";
import { blockedForMs } from "../../functions/jobs/domain/login.ts";
import { dynamoRefusedLogins } from "../../functions/jobs/store/refused-logins.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { JOBS, localTables, loseReplies } from "../support/local-tables.ts";

let tables: Awaited<ReturnType<typeof localTables>>;
beforeAll(async () => {
  tables = await localTables();
});
afterAll(() => tables.close());

const MINUTE = 60_000;
const BANK = "AU00000";
const clock = fakeClock();
const notes = (client = tables.client) => dynamoRefusedLogins(client, JOBS, clock);
const jobsNoted = async (user: string, bank = BANK) => (await notes().find(user, bank))?.jobIds;
const blockedMs = async (user: string) => blockedForMs(await notes().find(user, BANK), clock.now());

async function noted(user: string, ...jobIds: string[]): Promise<void> {
  for (const jobId of jobIds) await notes().note(user, BANK, jobId);
}

describe("refused logins", () => {
  test("are none at first", async () => {
    expect(await notes().find(randomUUID(), BANK)).toBeUndefined();
  });

  test("block their user for 15 minutes from the third in a row on", async () => {
    const user = randomUUID();
    await noted(user, "job-1", "job-2");
    expect(await blockedMs(user)).toBe(0);
    await noted(user, "job-3");
    expect(await blockedMs(user)).toBe(15 * MINUTE);
    clock.pass(15 * MINUTE - 1);
    expect(await blockedMs(user)).toBe(1);
    clock.pass(1);
    expect(await blockedMs(user)).toBe(0);
  });

  test("block again at the next one, since the bank has not forgotten", async () => {
    const user = randomUUID();
    await noted(user, "job-1", "job-2", "job-3");
    clock.pass(20 * MINUTE);
    await noted(user, "job-4");
    expect(await blockedMs(user)).toBe(15 * MINUTE);
    expect(await jobsNoted(user)).toEqual(["job-2", "job-3", "job-4"]);
  });

  test("count once for a job, however often they are noted, and block for no longer", async () => {
    const user = randomUUID();
    await noted(user, "job-1", "job-1", "job-2", "job-1", "job-2");
    expect(await jobsNoted(user)).toEqual(["job-1", "job-2"]);
    await noted(user, "job-3");
    clock.pass(MINUTE);
    await noted(user, "job-3", "job-1");
    expect(await blockedMs(user)).toBe(14 * MINUTE);
  });

  test("are of one user at one institution", async () => {
    const user = randomUUID();
    await noted(user, "job-1");
    await noted(`${user}-`, "job-2");
    await notes().note(user, "AU00002", "job-3");
    expect(await jobsNoted(user)).toEqual(["job-1"]);
    expect(await jobsNoted(user, "AU00002")).toEqual(["job-3"]);
  });

  test("are forgotten when one was taken, and may be so twice", async () => {
    const user = randomUUID();
    await noted(user, "job-1", "job-2", "job-3");
    await notes().note(user, "AU00002", "job-3");
    await notes().clear(user, BANK);
    await notes().clear(user, BANK);
    expect(await notes().find(user, BANK)).toBeUndefined();
    expect(await jobsNoted(user, "AU00002")).toEqual(["job-3"]);
    await noted(user, "job-4");
    expect(await jobsNoted(user)).toEqual(["job-4"]);
  });

  test("of twelve jobs at once are all noted, though some have to try again", async () => {
    const user = randomUUID();
    const jobs = Array.from({ length: 12 }, (_, index) => `rival-${index}`);
    let left = jobs;
    for (let rounds = 0; left.length > 0 && rounds < 12; rounds++) {
      const tried = await Promise.allSettled(left.map((job) => notes().note(user, BANK, job)));
      const reasons = tried.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
      expect(reasons.every((reason) => reason instanceof JobChanged)).toBe(true);
      left = left.filter((_, index) => tried[index]?.status === "rejected");
    }
    expect(left).toEqual([]);
    expect(await jobsNoted(user)).toHaveLength(3);
  });

  test("whose note's reply is lost are noted once, and it is no error", async () => {
    const user = randomUUID();
    const losses = { replies: 1 };
    const client = loseReplies(tables.newClient(), losses);
    await notes(client).note(user, BANK, "job-1");
    expect([await jobsNoted(user), losses.replies]).toEqual([["job-1"], 0]);
    client.destroy();
  });

  test("of a job that is always too late are an error, after which nothing of it is noted", async () => {
    const user = randomUUID();
    let rivals = 0;
    const client = tables.newClient();
    client.middlewareStack.add(
      (next, context) => async (args) => {
        if (context.commandName === "PutItemCommand") await noted(user, `rival-${++rivals}`);
        return next(args);
      },
      { step: "initialize" },
    );
    await expect(notes(client).note(user, BANK, "late")).rejects.toThrow(JobChanged);
    expect(await jobsNoted(user)).toEqual(["rival-3", "rival-4", "rival-5"]);
    client.destroy();
  });

  test("are kept for 90 days after they block, and hold no login", async () => {
    const user = randomUUID();
    await noted(user, "job-1");
    const row = (await tables.rows(JOBS)).find(({ pk }) => pk === `refused#${user}#${BANK}`);
    const blockedUntil = clock.after(15 * MINUTE).toISOString();
    expect(row).toEqual({
      pk: `refused#${user}#${BANK}`,
      jobIds: ["job-1"],
      blockedUntil,
      version: 1,
      expiresAt: Date.parse(blockedUntil) / 1000 + 90 * 24 * 3600,
    });
  });
});
