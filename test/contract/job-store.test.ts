import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { JobChanged } from "../../functions/jobs/domain/errors.ts";
import type { Job } from "../../functions/jobs/domain/job.ts";
import { dynamoJobStore } from "../../functions/jobs/store/job-store.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { awaitingJob, challengeOf, followingJob, jobOf } from "../support/job-examples.ts";
import { JOBS, type Losses, localTables, loseReplies } from "../support/local-aws.ts";

let tables: Awaited<ReturnType<typeof localTables>>;
beforeAll(async () => {
  tables = await localTables();
});
afterAll(() => tables.close());

const clock = fakeClock();
const storeOn = (client = tables.client) =>
  dynamoJobStore({ client, tableName: JOBS, clock, retentionDays: 90, newId: () => randomUUID() });
const rowOf = async (id: string) => (await tables.rows(JOBS)).find(({ pk }) => pk === `job#${id}`);
const progress = { event: "stepsProgressed", changes: { connectionId: "8fce3b" } } as const;

async function added(job: Job): Promise<Job> {
  await storeOn().add(job);
  return job;
}

describe("a job", () => {
  test("with fields that are undefined has no such attributes", async () => {
    const job = jobOf({
      id: randomUUID(),
      challenge: challengeOf({ expiresAt: undefined }),
      queue: undefined,
    });
    await added(job);
    const row = await rowOf(job.id);
    expect(Object.keys(row ?? {})).not.toContain("queue");
    expect(Object.keys(row?.["challenge"] ?? {})).not.toContain("expiresAt");
    expect(await storeOn().find(job.id)).toEqual(job);
  });

  test("is kept for 90 days after its last change", async () => {
    const job = await added(followingJob({ id: randomUUID() }));
    clock.pass(60_000);
    const after = await storeOn().record(job, progress);
    const expiresAt = Date.parse(after.updatedAt) / 1000 + 90 * 24 * 3600;
    expect(await rowOf(job.id)).toMatchObject({ version: 4, updatedAt: after.updatedAt, expiresAt });
  });

  test("that lies broken in its row is an error, not a job", async () => {
    const broken = { ...jobOf({ id: randomUUID() }), attempt: 1.5 };
    await added(broken);
    await expect(storeOn().find(broken.id)).rejects.toThrow();
  });
});

test("recording an event takes the attributes of fields away that it takes away", async () => {
  const job = await added(awaitingJob({ id: randomUUID(), sealedTaskToken: "c2VhbGVk" }));
  await storeOn().record(job, { event: "failed", changes: { challenge: undefined } });
  const row = await rowOf(job.id);
  expect([row?.["phase"], row?.["challenge"], row?.["sealedTaskToken"]]).toEqual([
    "failed",
    undefined,
    undefined,
  ]);
});

describe("a write whose reply is lost", () => {
  async function recordLosing(losses: Losses, job: Job) {
    const client = loseReplies(tables.newClient(), losses);
    try {
      return await storeOn(client).record(job, progress);
    } finally {
      client.destroy();
    }
  }

  test("is recognised as its own, and made once", async () => {
    const job = await added(followingJob({ id: randomUUID() }));
    const losses = { replies: 1 };
    const after = await recordLosing(losses, job);
    expect(losses.replies).toBe(0);
    expect(after.version).toBe(job.version + 1);
    expect(await storeOn().find(job.id)).toEqual(after);
  });

  test("is not taken for its own when another write came after it", async () => {
    const job = await added(followingJob({ id: randomUUID() }));
    const meanwhile = async () => {
      const current = await storeOn().find(job.id);
      if (current !== undefined) await storeOn().record(current, { event: "succeeded", changes: {} });
    };
    await expect(recordLosing({ replies: 1, meanwhile }, job)).rejects.toThrow(JobChanged);
    expect(await storeOn().find(job.id)).toMatchObject({ phase: "succeeded", version: job.version + 2 });
  });
});
