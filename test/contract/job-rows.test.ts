import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Job } from "../../functions/jobs/domain/job.ts";
import { dynamoJobStore } from "../../functions/jobs/store/job-store.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { followingJob, jobOf } from "../support/job-examples.ts";
import { JOBS, localTables } from "../support/local-tables.ts";

let tables: Awaited<ReturnType<typeof localTables>>;
beforeAll(async () => {
  tables = await localTables();
});
afterAll(() => tables.close());

const clock = fakeClock();
const storeOn = () =>
  dynamoJobStore({
    client: tables.client,
    tableName: JOBS,
    clock,
    retentionDays: 90,
    newId: () => randomUUID(),
  });
const progress = { event: "stepsProgressed", changes: { connectionId: "8fce3b" } } as const;

async function added(job: Job): Promise<Job> {
  await storeOn().add(job);
  return job;
}

describe("a job", () => {
  test("that is not there is none, and one that was dropped neither", async () => {
    const job = await added(jobOf({ id: randomUUID() }));
    expect([await storeOn().drop(job), await storeOn().drop(job)]).toEqual([true, false]);
    expect(await storeOn().find(job.id)).toBeUndefined();
  });

  test("that has changed since it was added is not dropped", async () => {
    const job = await added(followingJob({ id: randomUUID() }));
    const after = await storeOn().record(job, progress);
    expect(await storeOn().drop(job)).toBe(false);
    expect(await storeOn().find(job.id)).toEqual(after);
  });

  test("that was added again under the same id is not dropped by a late try", async () => {
    const job = await added(jobOf({ id: randomUUID() }));
    expect(await storeOn().drop(job)).toBe(true);
    const again = await added({ ...job, createdAt: "2026-01-05T09:00:01.000Z" });
    expect(again.version).toBe(job.version);
    expect(await storeOn().drop(job)).toBe(false);
    expect(await storeOn().find(job.id)).toEqual(again);
  });

  test("is added over one that is as it was read, and over no other", async () => {
    const job = jobOf({ id: randomUUID() });
    const next = { ...job, version: 2, knownUpstreamJobIds: ["1"] };
    expect(await storeOn().add(next, job)).toBe(false);
    expect(await storeOn().add(job)).toBe(true);
    expect(await storeOn().add(job)).toBe(false);
    expect(await storeOn().add(next, { ...job, version: 2 })).toBe(false);
    expect(await storeOn().add(next, { ...job, createdAt: "2026-01-05T09:00:00.001Z" })).toBe(false);
    expect(await storeOn().find(job.id)).toEqual(job);
    expect(await storeOn().add(next, job)).toBe(true);
    expect(await storeOn().drop(job)).toBe(false);
    expect(await storeOn().find(job.id)).toEqual(next);
  });

  test("that is added late once more stays as it has become", async () => {
    const job = await added(followingJob({ id: randomUUID() }));
    const after = await storeOn().record(job, progress);
    expect(await storeOn().add(job)).toBe(false);
    expect(await storeOn().find(job.id)).toEqual(after);
  });
});
