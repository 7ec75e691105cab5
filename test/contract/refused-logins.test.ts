import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { JobChanged } from "../../functions/jobs/domain/errors.ts";
import { dynamoRefusedLogins } from "../../functions/jobs/store/refused-logins.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { JOBS, localTables, loseReplies } from "../support/local-aws.ts";

let tables: Awaited<ReturnType<typeof localTables>>;
beforeAll(async () => {
  tables = await localTables();
});
afterAll(() => tables.close());

const MINUTE = 60_000;
const BANK = "AU00000";
const clock = fakeClock();
const notes = (client = tables.client) => dynamoRefusedLogins(client, JOBS, clock);
const jobsNoted = async (user: string) => (await notes().find(user, BANK))?.jobIds;

async function noted(user: string, ...jobIds: string[]): Promise<void> {
  for (const jobId of jobIds) await notes().note(user, BANK, jobId);
}

describe("refused logins", () => {
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
