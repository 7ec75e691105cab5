import { randomUUID } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import type { Clock } from "../../functions/jobs/domain/clock.ts";
import { JobChanged } from "../../functions/jobs/domain/errors.ts";
import type { Job } from "../../functions/jobs/domain/job.ts";
import type { JobStore } from "../../functions/jobs/domain/ports.ts";
import { IllegalTransition } from "../../functions/jobs/domain/transitions.ts";
import { parseJobRecord } from "../../functions/jobs/store/job-record.ts";
import { dynamoJobStore } from "../../functions/jobs/store/job-store.ts";
import { type FakeClock, fakeClock } from "../support/fake-clock.ts";
import { fakeJobStore } from "../support/fake-ports.ts";
import { awaitingJob, challengeOf, followingJob, jobOf, USER_ID } from "../support/job-examples.ts";
import { JOBS, type Losses, localTables, loseReplies } from "../support/local-aws.ts";

const tables = await localTables();
afterAll(tables.close);

const onDynamo = (clock: Clock, client = tables.client, retentionDays = 90) =>
  dynamoJobStore({ client, tableName: JOBS, clock, retentionDays, newId: randomUUID });

const IMPLEMENTATIONS: [string, (clock: Clock) => JobStore][] = [
  ["in memory", fakeJobStore],
  ["on DynamoDB", (clock) => onDynamo(clock)],
];

const DAY_MS = 24 * 3600_000;
const LATER = "2026-01-05T09:00:01.000Z";
const progress = { event: "stepsProgressed", changes: { connectionId: "8fce3b" } } as const;
const newJob = (changes: Partial<Job> = {}) => jobOf({ id: randomUUID(), ...changes });
const newFollowingJob = (changes: Partial<Job> = {}) => followingJob({ id: randomUUID(), ...changes });

const withEveryField = (): Job =>
  awaitingJob({
    id: randomUUID(),
    kind: "update",
    generation: 3,
    sweepAt: LATER,
    isDropped: "unless-repeated",
    attemptAt: LATER,
    sendAgainAt: LATER,
    stepSince: LATER,
    knownUpstreamJobIds: ["1", "2"],
    connectionId: "8fce3b",
    challenge: challengeOf({ expiresAt: LATER, isAnswered: true, description: "" }),
    sealedTaskToken: "c2VhbGVk",
    followLeftMs: 840_000.5,
    queue: {
      nextAttemptAt: LATER,
      expiresAt: LATER,
      reason: "challenge-not-answered",
      isUpstreams: true,
      unanswered: 2,
    },
    steps: [
      { title: "verify-credentials", status: "success", result: { type: "link", url: "/users/u/c" } },
      { title: "mfa-challenge", status: "failed", result: { code: "c", title: "t", detail: "" } },
      { title: "retrieve-accounts", status: "pending", result: null },
    ],
  });

describe.each(IMPLEMENTATIONS)("a job store %s", (_, make) => {
  async function storeWith<Example extends Job | undefined>(job: Example) {
    const clock: FakeClock = fakeClock();
    const store = make(clock);
    if (job !== undefined) await store.add(job);
    return { clock, store, job };
  }

  describe("finding a job", () => {
    test.each([
      ["every field", withEveryField],
      ["no optional field", newJob],
      [
        "optional fields that are undefined",
        () => newJob({ queue: undefined, challenge: challengeOf({ expiresAt: undefined }) }),
      ],
    ])("with %s gives it as it was added", async (__, example) => {
      const { store, job } = await storeWith(example());
      expect(await store.find(job.id)).toEqual(job);
      expect(await store.find(randomUUID())).toBeUndefined();
    });

    test("gives a copy: changes to it are not stored", async () => {
      const { store, job } = await storeWith(newJob({ knownUpstreamJobIds: ["1"] }));
      (await store.find(job.id))?.knownUpstreamJobIds.push("2");
      job.knownUpstreamJobIds.push("3");
      expect((await store.find(job.id))?.knownUpstreamJobIds).toEqual(["1"]);
    });

    test("gives none from 90 days after its last change on", async () => {
      const { clock, store, job } = await storeWith(newFollowingJob());
      clock.pass(DAY_MS);
      const after = await store.record(job, progress);
      clock.pass(90 * DAY_MS - 1);
      expect(await store.find(job.id)).toEqual(after);
      clock.pass(1);
      expect(await store.find(job.id)).toBeUndefined();
    });
  });

  test("adds a job over another one only as that one was read", async () => {
    const { store } = await storeWith(undefined);
    const job = newJob();
    const next = { ...job, version: 2, knownUpstreamJobIds: ["1"] };
    expect(await store.add(next, job)).toBe(false);
    expect(await store.add(job)).toBe(true);
    expect(await store.add(job)).toBe(false);
    expect(await store.add(next, { ...job, version: 2 })).toBe(false);
    expect(await store.add(next, { ...job, createdAt: LATER })).toBe(false);
    expect(await store.find(job.id)).toEqual(job);
    expect(await store.add(next, job)).toBe(true);
    expect(await store.add(job)).toBe(false);
    expect(await store.find(job.id)).toEqual(next);
  });

  describe("dropping a job", () => {
    test("that has changed since it was read does nothing", async () => {
      const { store, job } = await storeWith(newFollowingJob());
      const after = await store.record(job, progress);
      expect(await store.drop(job)).toBe(false);
      expect(await store.find(job.id)).toEqual(after);
    });

    test("removes it once, and removes no job that was added again under the same id", async () => {
      const { store, job } = await storeWith(newJob());
      expect([await store.drop(job), await store.drop(job)]).toEqual([true, false]);
      expect(await store.find(job.id)).toBeUndefined();
      const again = { ...job, createdAt: LATER };
      await store.add(again);
      expect(await store.drop(job)).toBe(false);
      expect(await store.find(job.id)).toEqual(again);
    });
  });

  describe("recording an event", () => {
    test("stores the result of the transition, and takes fields away", async () => {
      const { store, job } = await storeWith(withEveryField());
      const changes = { challenge: undefined, sealedTaskToken: undefined };
      const after = await store.record(job, { event: "failed", changes });
      expect(after).toMatchObject({ phase: "failed", version: job.version + 1, ...changes });
      expect(await store.find(job.id)).toEqual(after);
    });

    test("on an older version is refused, and changes nothing", async () => {
      const { store, job } = await storeWith(newFollowingJob());
      const after = await store.record(job, progress);
      await expect(store.record(job, progress)).rejects.toThrow(JobChanged);
      expect(await store.find(job.id)).toEqual(after);
    });

    test("on a row of a phase in which it may not come is refused", async () => {
      const job = newFollowingJob();
      const { store } = await storeWith<Job>({ ...job, phase: "succeeded" });
      await expect(store.record(job, progress)).rejects.toThrow(JobChanged);
      expect((await store.find(job.id))?.phase).toBe("succeeded");
    });

    test("on a row of another phase in which it may come is stored", async () => {
      const job = newFollowingJob();
      const { store } = await storeWith<Job>({ ...job, phase: "accepted" });
      const after = await store.record(job, { event: "failed", changes: {} });
      expect(await store.find(job.id)).toEqual(after);
    });

    test("that leaves the phase as it is may come in any phase that is not over, and in no other", async () => {
      const restarted = { event: "restarted", changes: { generation: 2 } } as const;
      const { store, job } = await storeWith(awaitingJob({ id: randomUUID() }));
      const after = await store.record(job, restarted);
      expect(after).toMatchObject({ phase: "awaiting-answer", generation: 2, version: job.version + 1 });
      const over = await store.record(after, { event: "failed", changes: {} });
      await expect(store.record(after, restarted)).rejects.toThrow(JobChanged);
      expect(await store.find(job.id)).toEqual(over);
    });

    test("of a job that is gone is refused, and adds none", async () => {
      const { store } = await storeWith(undefined);
      const job = newFollowingJob();
      await expect(store.record(job, progress)).rejects.toThrow(JobChanged);
      expect(await store.find(job.id)).toBeUndefined();
    });

    test("that may not come in the phase that was read is an error, and changes nothing", async () => {
      const { store, job } = await storeWith(newJob({ phase: "succeeded" }));
      await expect(store.record(job, progress)).rejects.toThrow(IllegalTransition);
      expect(await store.find(job.id)).toEqual(job);
    });

    test("by twelve writers at once succeeds for exactly one", async () => {
      const { store, job } = await storeWith(newFollowingJob());
      const all = await Promise.allSettled(
        Array.from({ length: 12 }, (__, index) =>
          store.record(job, { event: "stepsProgressed", changes: { connectionId: `by-${index}` } }),
        ),
      );
      const won = all.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
      const lost = all.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
      expect(won).toHaveLength(1);
      expect(lost.every((reason) => reason instanceof JobChanged)).toBe(true);
      expect(await store.find(job.id)).toEqual(won[0]);
    });
  });

  describe("settling a job", () => {
    test("takes its time for the sweeper away and changes nothing else, once or twice", async () => {
      const { store, job } = await storeWith(newJob({ phase: "failed", sweepAt: LATER }));
      await store.markCleaned(job);
      await store.markCleaned(job);
      expect(await store.find(job.id)).toEqual({ ...job, sweepAt: undefined });
    });

    test("of another version does nothing, and adds none that is gone", async () => {
      const { store, job } = await storeWith(newFollowingJob({ sweepAt: LATER }));
      await store.markCleaned({ ...job, version: job.version - 1 });
      expect(await store.find(job.id)).toEqual(job);
      const gone = newJob();
      await store.markCleaned(gone);
      expect(await store.find(gone.id)).toBeUndefined();
    });
  });
});

describe("a job's row on DynamoDB", () => {
  const clock = fakeClock();
  const rowOf = async ({ id }: Job) => (await tables.rows(JOBS)).find(({ pk }) => pk === `job#${id}`);
  const idInShard = (digits: string) => `${randomUUID().slice(0, -2)}${digits}`;

  async function added(job: Job): Promise<Job> {
    await onDynamo(clock).add(job);
    return job;
  }

  test("names the lists of its user and of the sweeper, in which a queued job is apart", async () => {
    const job = await added(newFollowingJob({ id: idInShard("f2"), sweepAt: LATER }));
    const lists = { listed: `user#${USER_ID}`, sweep: "running#2", sweepAt: LATER };
    expect(await rowOf(job)).toMatchObject(lists);
    const held = await onDynamo(clock).record(job, { event: "attemptHeld", changes: {} });
    expect(await rowOf(job)).toMatchObject({ ...lists, sweep: "queued#2", sweepAt: held.sweepAt });
    const resumed = await onDynamo(clock).record(held, { event: "resumed", changes: {} });
    expect(await rowOf(job)).toMatchObject({ ...lists, sweepAt: resumed.sweepAt });
    expect(await rowOf(await added(newJob({ id: idInShard("07"), sweepAt: LATER })))).toMatchObject({
      sweep: "running#3",
    });
  });

  test("is in no list of the sweeper without a time for it, or after an end that leaves nothing behind", async () => {
    const steps = [{ title: "verify-credentials", status: "success" as const, result: null }];
    const running = await added(newFollowingJob({ sweepAt: LATER, steps }));
    await onDynamo(clock).record(running, { event: "succeeded", changes: {} });
    for (const job of [running, await added(newJob({ phase: "succeeded" }))]) {
      const row = await rowOf(job);
      expect(row).toHaveProperty("listed");
      expect(row).not.toHaveProperty("sweep");
      expect(row).not.toHaveProperty("sweepAt");
    }
  });

  test("is stored for the days of the deployment after the last change", async () => {
    const job = newFollowingJob();
    const store = onDynamo(clock, tables.client, 7);
    const expiresAt = (updatedAt: string) => (Date.parse(updatedAt) + 7 * DAY_MS) / 1000;
    await store.add(job);
    expect(await rowOf(job)).toMatchObject({ expiresAt: expiresAt(job.updatedAt) });
    clock.pass(60_000);
    const { updatedAt } = await store.record(job, progress);
    expect(await rowOf(job)).toMatchObject({ version: 4, updatedAt, expiresAt: expiresAt(updatedAt) });
  });

  test("leaves the sweeper's list when the job is settled, though a reply is lost", async () => {
    const job = await added(newJob({ phase: "failed", sweepAt: LATER }));
    const { sweep: _, sweepAt: __, ...rest } = (await rowOf(job)) ?? {};
    const losses = { replies: 1 };
    const client = loseReplies(tables.newClient(), losses);
    await onDynamo(clock, client).markCleaned(job);
    await onDynamo(clock, client).markCleaned(job);
    expect([losses.replies, await rowOf(job)]).toEqual([0, rest]);
  });

  describe("whose write loses its reply", () => {
    const recordLosing = (losses: Losses, job: Job) =>
      onDynamo(clock, loseReplies(tables.newClient(), losses)).record(job, progress);

    test("is recognised by its writer, and written once", async () => {
      const [job, losses] = [await added(newFollowingJob()), { replies: 1 }];
      const after = await recordLosing(losses, job);
      expect([losses.replies, after.version]).toEqual([0, job.version + 1]);
      expect(await onDynamo(clock).find(job.id)).toEqual(after);
    });

    test("is not taken for that write when another write came after it", async () => {
      const [job, store] = [await added(newFollowingJob()), onDynamo(clock)];
      const meanwhile = async () => {
        const current = await store.find(job.id);
        if (current !== undefined) await store.record(current, { event: "succeeded", changes: {} });
      };
      await expect(recordLosing({ replies: 1, meanwhile }, job)).rejects.toThrow(JobChanged);
      expect(await store.find(job.id)).toMatchObject({ phase: "succeeded", version: job.version + 2 });
    });
  });

  test("is read without the attributes that only the row has", () => {
    const row = { ...awaitingJob(), pk: "job#1", writeId: "w", expiresAt: 5 };
    expect(parseJobRecord(row)).toEqual(awaitingJob());
  });

  test("that is malformed is an error, not a job", async () => {
    const broken = await added({ ...newJob(), attempt: 1.5 });
    await expect(onDynamo(clock).find(broken.id)).rejects.toThrow();
  });

  const step = { title: "t", status: "success", result: null };
  test.each([
    ["an unknown phase", { phase: "paused" }],
    ["a broken version", { version: 1.5 }],
    ["no steps", { steps: undefined }],
    ["a step without a result", { steps: [{ ...step, result: undefined }] }],
    ["half a link", { steps: [{ ...step, result: { type: "link" } }] }],
    ["half an error", { steps: [{ ...step, result: { code: "c", title: "t" } }] }],
    ["a result of no kind", { steps: [{ ...step, result: "link" }] }],
    ["an unknown status", { steps: [{ ...step, status: "done" }] }],
    ["an unknown authorization", { authorization: "none" }],
    ["a challenge without a number", { challenge: { input: [] } }],
    ["an unknown kind", { kind: "delete" }],
    ["a broken generation", { generation: 1.5 }],
    ["a queue that never ends", { queue: { nextAttemptAt: LATER } }],
    ["an unknown reason to wait", { queue: { nextAttemptAt: "", expiresAt: "", reason: "other" } }],
  ])("with %s is no job", (_, part) => {
    expect(() => parseJobRecord({ ...jobOf(), ...part })).toThrow();
  });
});
