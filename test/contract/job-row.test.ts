import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Job } from "../../functions/jobs/domain/job.ts";
import { dynamoJobStore } from "../../functions/jobs/store/job-store.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { followingJob, jobOf, USER_ID } from "../support/job-examples.ts";
import { JOBS, localTables, loseReplies } from "../support/local-aws.ts";

let tables: Awaited<ReturnType<typeof localTables>>;
beforeAll(async () => {
  tables = await localTables();
});
afterAll(() => tables.close());

const SOON = "2026-01-05T09:01:00.000Z";
const DAY_MS = 24 * 3600 * 1000;
const clock = fakeClock();
const storeOn = (client = tables.client, at = clock, retentionDays = 90) =>
  dynamoJobStore({ client, tableName: JOBS, clock: at, retentionDays, newId: randomUUID });
const rowOf = async (id: string) => (await tables.rows(JOBS)).find(({ pk }) => pk === `job#${id}`);

async function added(job: Job): Promise<Job> {
  await storeOn().add(job);
  return job;
}

describe("a job's row", () => {
  test("says whose list it is in, and what part of the sweeper's", async () => {
    const id = `${randomUUID().slice(0, -2)}07`;
    await added(jobOf({ id, sweepAt: SOON }));
    expect(await rowOf(id)).toMatchObject({ listed: `user#${USER_ID}`, sweep: "running#3", sweepAt: SOON });
  });

  test("of a job that nobody has to look at is in no part of the sweeper's list", async () => {
    const { id } = await added(jobOf({ id: randomUUID(), phase: "succeeded" }));
    const row = await rowOf(id);
    expect(row).toHaveProperty("listed");
    expect(row).not.toHaveProperty("sweep");
    expect(row).not.toHaveProperty("sweepAt");
  });

  test("of a job that is queued is apart from those that run, and comes back to them", async () => {
    const id = `${randomUUID().slice(0, -2)}f2`;
    const job = await added(followingJob({ id, sweepAt: SOON }));
    const held = await storeOn().record(job, { event: "attemptHeld", changes: {} });
    expect(await rowOf(id)).toMatchObject({ sweep: "queued#2", sweepAt: held.sweepAt });
    const resumed = await storeOn().record(held, { event: "resumed", changes: {} });
    expect(await rowOf(id)).toMatchObject({ sweep: "running#2", sweepAt: resumed.sweepAt });
  });

  test("leaves the sweeper's list with an end that leaves nothing behind", async () => {
    const steps = [{ title: "verify-credentials", status: "success" as const, result: null }];
    const job = await added(followingJob({ id: randomUUID(), sweepAt: SOON, steps }));
    await storeOn().record(job, { event: "succeeded", changes: {} });
    expect(await rowOf(job.id)).not.toHaveProperty("sweep");
  });
});

describe("a job that is past its time", () => {
  test("is so after as many days as the deployment says", async () => {
    const job = jobOf({ id: randomUUID() });
    await storeOn(tables.client, clock, 7).add(job);
    const row = await rowOf(job.id);
    expect(row?.["expiresAt"]).toBe((Date.parse(job.updatedAt) + 7 * DAY_MS) / 1000);
  });
});

describe("settling", () => {
  const left = () => added(jobOf({ id: randomUUID(), phase: "failed", sweepAt: SOON }));

  test("takes the job out of the sweeper's list and changes nothing else", async () => {
    const job = await left();
    const { sweep: _, sweepAt: __, ...rest } = (await rowOf(job.id)) ?? {};
    await storeOn().settle(job);
    expect(await rowOf(job.id)).toEqual(rest);
    const { sweepAt: ___, ...settled } = job;
    expect(await storeOn().find(job.id)).toEqual(settled);
  });

  test("twice, or with a reply that is lost, is no error", async () => {
    const job = await left();
    const losses = { replies: 1 };
    const client = loseReplies(tables.newClient(), losses);
    await storeOn(client).settle(job);
    await storeOn(client).settle(job);
    expect(losses.replies).toBe(0);
    expect(await rowOf(job.id)).not.toHaveProperty("sweep");
    client.destroy();
  });
});
