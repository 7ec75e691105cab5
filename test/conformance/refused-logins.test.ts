import { randomUUID } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import type { Clock } from "../../functions/jobs/domain/clock.ts";
import { JobChanged } from "../../functions/jobs/domain/errors.ts";
import { blockedForMs } from "../../functions/jobs/domain/login.ts";
import type { RefusedLoginNotes } from "../../functions/jobs/domain/ports.ts";
import { dynamoRefusedLogins } from "../../functions/jobs/store/refused-logins.ts";
import { ownerOf } from "../../functions/platform/dynamo.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { fakeRefusedLogins } from "../support/fake-ports.ts";
import { JOBS, localTables, loseReplies } from "../support/local-aws.ts";

const tables = await localTables();
afterAll(tables.close);

const IMPLEMENTATIONS: [string, (clock: Clock) => RefusedLoginNotes][] = [
  ["in memory", fakeRefusedLogins],
  ["on DynamoDB", (clock) => dynamoRefusedLogins(tables.client, JOBS, clock)],
];

const MINUTE = 60_000;
const BANK = "AU00000";

describe.each(IMPLEMENTATIONS)("refused logins %s", (_, make) => {
  /** The notes of a new user. */
  function newUser() {
    const [clock, user] = [fakeClock(), randomUUID()];
    const notes = make(clock);
    return {
      clock,
      notes,
      user,
      note: async (...jobIds: string[]) => {
        for (const jobId of jobIds) await notes.note(user, BANK, jobId);
      },
      noted: async (bank = BANK) => (await notes.find(user, bank))?.jobIds,
      blockedMs: async () => blockedForMs(await notes.find(user, BANK), clock.now()),
    };
  }

  test("block their user for 15 minutes from the third in a row on", async () => {
    const { clock, note, noted, blockedMs } = newUser();
    expect(await noted()).toBeUndefined();
    await note("job-1", "job-2");
    expect(await blockedMs()).toBe(0);
    await note("job-3");
    expect(await blockedMs()).toBe(15 * MINUTE);
    clock.pass(15 * MINUTE - 1);
    expect(await blockedMs()).toBe(1);
    clock.pass(1);
    expect(await blockedMs()).toBe(0);
  });

  test("block again at the next refused login, since the bank has not forgotten", async () => {
    const { clock, note, noted, blockedMs } = newUser();
    await note("job-1", "job-2", "job-3");
    clock.pass(20 * MINUTE);
    await note("job-4");
    expect(await blockedMs()).toBe(15 * MINUTE);
    expect(await noted()).toEqual(["job-2", "job-3", "job-4"]);
  });

  test("count once for a job, however often they are noted, and block for no longer", async () => {
    const { clock, note, noted, blockedMs } = newUser();
    await note("job-1", "job-1", "job-2", "job-1", "job-2");
    expect(await noted()).toEqual(["job-1", "job-2"]);
    await note("job-3");
    clock.pass(MINUTE);
    await note("job-3", "job-1");
    expect(await blockedMs()).toBe(14 * MINUTE);
  });

  test("belong to one user at one institution", async () => {
    const { notes, user, note, noted } = newUser();
    await note("job-1");
    await notes.note(`${user}-`, BANK, "job-2");
    await notes.note(user, "AU00002", "job-3");
    expect([await noted(), await noted("AU00002")]).toEqual([["job-1"], ["job-3"]]);
  });

  test("are forgotten when a login was accepted, once or twice", async () => {
    const { notes, user, note, noted } = newUser();
    await note("job-1", "job-2", "job-3");
    await notes.note(user, "AU00002", "job-3");
    await notes.clear(user, BANK);
    await notes.clear(user, BANK);
    expect([await noted(), await noted("AU00002")]).toEqual([undefined, ["job-3"]]);
    await note("job-4");
    expect(await noted()).toEqual(["job-4"]);
  });

  test("are given as a copy", async () => {
    const { notes, user, note, noted } = newUser();
    await note("job-1");
    (await notes.find(user, BANK))?.jobIds.push("job-2");
    expect(await noted()).toEqual(["job-1"]);
  });

  test("of twelve jobs at once are all noted, though some have to try again", async () => {
    const { notes, user, noted } = newUser();
    let left = Array.from({ length: 12 }, (__, index) => `rival-${index}`);
    for (let rounds = 0; left.length > 0 && rounds < 12; rounds++) {
      const tried = await Promise.allSettled(left.map((job) => notes.note(user, BANK, job)));
      const reasons = tried.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
      expect(reasons.every((reason) => reason instanceof JobChanged)).toBe(true);
      left = left.filter((__, index) => tried[index]?.status === "rejected");
    }
    expect(left).toEqual([]);
    expect(await noted()).toHaveLength(3);
  });
});

describe("refused logins on DynamoDB", () => {
  const clock = fakeClock();
  const notesOf = (client = tables.client) => dynamoRefusedLogins(client, JOBS, clock);

  test("whose reply is lost are noted once, without an error", async () => {
    const [user, losses] = [randomUUID(), { replies: 1 }];
    const client = loseReplies(tables.newClient(), losses);
    await notesOf(client).note(user, BANK, "job-1");
    expect([(await notesOf().find(user, BANK))?.jobIds, losses.replies]).toEqual([["job-1"], 0]);
  });

  test("of a job that is always too late are an error, and are not noted", async () => {
    const user = randomUUID();
    let rivals = 0;
    const client = tables.newClient(async (name) => {
      if (name === "PutItemCommand") await notesOf().note(user, BANK, `rival-${++rivals}`);
    });
    await expect(notesOf(client).note(user, BANK, "late")).rejects.toThrow(JobChanged);
    expect((await notesOf().find(user, BANK))?.jobIds).toEqual(["rival-3", "rival-4", "rival-5"]);
  });

  test("are stored for 90 days after they block, without a login", async () => {
    const user = randomUUID();
    await notesOf().note(user, BANK, "job-1");
    const pk = `refused#${user}#${BANK}`;
    const blockedUntil = clock.after(15 * MINUTE).toISOString();
    const expiresAt = Date.parse(blockedUntil) / 1000 + 90 * 24 * 3600;
    const row = (await tables.rows(JOBS)).find((each) => each["pk"] === pk);
    expect(row).toEqual({ pk, owner: ownerOf(user), jobIds: ["job-1"], blockedUntil, version: 1, expiresAt });
  });
});
