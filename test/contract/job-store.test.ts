import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { JobChanged } from "../../functions/jobs/domain/errors.ts";
import type { Job } from "../../functions/jobs/domain/job.ts";
import { IllegalTransition } from "../../functions/jobs/domain/transitions.ts";
import { dynamoJobStore } from "../../functions/jobs/store/job-store.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { awaitingJob, challengeOf, followingJob, jobOf } from "../support/job-examples.ts";
import { JOBS, type Losses, localTables, loseReplies } from "../support/local-tables.ts";

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

const everything = (id: string): Job =>
  awaitingJob({
    id,
    attemptAt: "2026-01-05T09:00:00.000Z",
    sendAgainAt: "2026-01-05T09:01:00.000Z",
    isDropped: true,
    stepSince: "2026-01-05T09:00:02.000Z",
    knownUpstreamJobIds: ["1", "2"],
    connectionId: "8fce3b",
    challenge: challengeOf({ expiresAt: "2026-01-05T09:02:00.000Z", isAnswered: true, description: "" }),
    sealedTaskToken: "c2VhbGVk",
    followLeftMs: 840_000.5,
    queue: { nextAttemptAt: "2026-01-05T11:00:00.000Z", expiresAt: "2026-01-12T09:00:00.000Z" },
    steps: [
      { title: "verify-credentials", status: "success", result: { type: "link", url: "/users/u/c" } },
      { title: "mfa-challenge", status: "failed", result: { code: "c", title: "t", detail: "" } },
      { title: "retrieve-accounts", status: "pending", result: null },
    ],
  });

describe("a job", () => {
  test("with every field there is comes back as it was", async () => {
    const job = await added(everything(randomUUID()));
    expect(await storeOn().find(job.id)).toEqual(job);
  });

  test("with no field that may be absent comes back as it was", async () => {
    const job = await added(jobOf({ id: randomUUID() }));
    expect(await storeOn().find(job.id)).toEqual(job);
  });

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

describe("recording", () => {
  test("writes what the transition makes, and takes fields away", async () => {
    const job = await added(everything(randomUUID()));
    const changes = { challenge: undefined, sealedTaskToken: undefined };
    const after = await storeOn().record(job, { event: "failed", changes });
    expect(after).toMatchObject({ phase: "failed", version: job.version + 1 });
    expect(await storeOn().find(job.id)).toEqual(after);
    expect(await rowOf(job.id)).not.toHaveProperty("challenge");
  });

  test("on an older version is refused, and changes nothing", async () => {
    const job = await added(followingJob({ id: randomUUID() }));
    const after = await storeOn().record(job, progress);
    await expect(storeOn().record(job, progress)).rejects.toThrow(JobChanged);
    expect(await storeOn().find(job.id)).toEqual(after);
  });

  test("on a row of a phase in which it may not come is refused", async () => {
    const job = followingJob({ id: randomUUID() });
    await added({ ...job, phase: "succeeded" });
    await expect(storeOn().record(job, progress)).rejects.toThrow(JobChanged);
    expect((await storeOn().find(job.id))?.phase).toBe("succeeded");
  });

  test("on a row that is gone is refused, and makes none", async () => {
    const job = followingJob({ id: randomUUID() });
    await expect(storeOn().record(job, progress)).rejects.toThrow(JobChanged);
    expect(await storeOn().find(job.id)).toBeUndefined();
  });

  test("what may not happen at all does not reach the table", async () => {
    const job = await added(jobOf({ id: randomUUID(), phase: "succeeded" }));
    await expect(storeOn().record(job, progress)).rejects.toThrow(IllegalTransition);
    expect(await storeOn().find(job.id)).toEqual(job);
  });

  test("by twelve at once lets exactly one through", async () => {
    const job = await added(followingJob({ id: randomUUID() }));
    const store = storeOn();
    const all = await Promise.allSettled(
      Array.from({ length: 12 }, (_, index) =>
        store.record(job, { event: "stepsProgressed", changes: { connectionId: `by-${index}` } }),
      ),
    );
    const won = all.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    const lost = all.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
    expect(won).toHaveLength(1);
    expect(lost.every((reason) => reason instanceof JobChanged)).toBe(true);
    expect(await storeOn().find(job.id)).toEqual(won[0]);
  });
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
