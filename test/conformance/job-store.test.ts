import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Clock } from "../../functions/jobs/domain/clock.ts";
import { JobChanged } from "../../functions/jobs/domain/errors.ts";
import type { Job } from "../../functions/jobs/domain/job.ts";
import type { JobStore } from "../../functions/jobs/domain/ports.ts";
import { IllegalTransition } from "../../functions/jobs/domain/transitions.ts";
import { dynamoJobStore } from "../../functions/jobs/store/job-store.ts";
import { type FakeClock, fakeClock } from "../support/fake-clock.ts";
import { fakeJobStore } from "../support/fake-ports.ts";
import { awaitingJob, challengeOf, followingJob, jobOf } from "../support/job-examples.ts";
import { JOBS, localTables } from "../support/local-aws.ts";

let tables: Awaited<ReturnType<typeof localTables>>;
beforeAll(async () => {
  tables = await localTables();
});
afterAll(() => tables.close());

const onDynamo = (clock: Clock) =>
  dynamoJobStore({ client: tables.client, tableName: JOBS, clock, retentionDays: 90, newId: randomUUID });

const IMPLEMENTATIONS: [string, (clock: Clock) => JobStore][] = [
  ["in memory", fakeJobStore],
  ["on DynamoDB", onDynamo],
];

const DAY_MS = 24 * 3600_000;
const LATER = "2026-01-05T09:00:01.000Z";
const progress = { event: "stepsProgressed", changes: { connectionId: "8fce3b" } } as const;

function everything(): Job {
  return awaitingJob({
    id: randomUUID(),
    kind: "update",
    generation: 3,
    sweepAt: LATER,
    isDropped: true,
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
}

describe.each(IMPLEMENTATIONS)("a job store %s", (_, make) => {
  async function storeWith<Example extends Job | undefined>(job: Example) {
    const clock: FakeClock = fakeClock();
    const store = make(clock);
    if (job !== undefined) await store.add(job);
    return { clock, store, job };
  }

  describe("finding a job", () => {
    test("that was never added gives none", async () => {
      const { store } = await storeWith(undefined);
      expect(await store.find(randomUUID())).toBeUndefined();
    });

    test.each([
      ["every field", everything],
      ["no optional field", () => jobOf({ id: randomUUID() })],
      ["optional fields that are undefined", () => jobOf({ id: randomUUID(), queue: undefined })],
    ])("with %s gives it as it was added", async (__, newJob) => {
      const { store, job } = await storeWith(newJob());
      expect(await store.find(job.id)).toEqual(job);
    });

    test("gives a copy: changes to it are not stored", async () => {
      const { store, job } = await storeWith(jobOf({ id: randomUUID(), knownUpstreamJobIds: ["1"] }));
      (await store.find(job.id))?.knownUpstreamJobIds.push("2");
      job.knownUpstreamJobIds.push("3");
      expect((await store.find(job.id))?.knownUpstreamJobIds).toEqual(["1"]);
    });

    test("gives none from 90 days after its last change on", async () => {
      const { clock, store, job } = await storeWith(followingJob({ id: randomUUID() }));
      clock.pass(DAY_MS);
      const after = await store.record(job, progress);
      clock.pass(90 * DAY_MS - 1);
      expect(await store.find(job.id)).toEqual(after);
      clock.pass(1);
      expect(await store.find(job.id)).toBeUndefined();
    });
  });

  describe("adding a job", () => {
    test("over another one needs that one as it was read", async () => {
      const { store } = await storeWith(undefined);
      const job = jobOf({ id: randomUUID() });
      const next = { ...job, version: 2, knownUpstreamJobIds: ["1"] };
      expect(await store.add(next, job)).toBe(false);
      expect(await store.add(job)).toBe(true);
      expect(await store.add(job)).toBe(false);
      expect(await store.add(next, { ...job, version: 2 })).toBe(false);
      expect(await store.add(next, { ...job, createdAt: LATER })).toBe(false);
      expect(await store.find(job.id)).toEqual(job);
      expect(await store.add(next, job)).toBe(true);
      expect(await store.find(job.id)).toEqual(next);
    });

    test("late once more leaves the job as it has become", async () => {
      const { store, job } = await storeWith(followingJob({ id: randomUUID() }));
      const after = await store.record(job, progress);
      expect(await store.add(job)).toBe(false);
      expect(await store.find(job.id)).toEqual(after);
    });
  });

  describe("dropping a job", () => {
    test("removes it once", async () => {
      const { store, job } = await storeWith(jobOf({ id: randomUUID() }));
      expect([await store.drop(job), await store.drop(job)]).toEqual([true, false]);
      expect(await store.find(job.id)).toBeUndefined();
    });

    test("that has changed since it was read does nothing", async () => {
      const { store, job } = await storeWith(followingJob({ id: randomUUID() }));
      const after = await store.record(job, progress);
      expect(await store.drop(job)).toBe(false);
      expect(await store.find(job.id)).toEqual(after);
    });

    test("late does not remove a job that was added again under the same id", async () => {
      const { store, job } = await storeWith(jobOf({ id: randomUUID() }));
      await store.drop(job);
      const again = { ...job, createdAt: LATER };
      await store.add(again);
      expect(await store.drop(job)).toBe(false);
      expect(await store.find(job.id)).toEqual(again);
    });
  });

  describe("recording an event", () => {
    test("stores what the transition makes, and takes fields away", async () => {
      const { store, job } = await storeWith(everything());
      const changes = { challenge: undefined, sealedTaskToken: undefined };
      const after = await store.record(job, { event: "failed", changes });
      expect(after).toMatchObject({ phase: "failed", version: job.version + 1 });
      expect(await store.find(job.id)).toEqual(after);
    });

    test("on an older version is refused, and changes nothing", async () => {
      const { store, job } = await storeWith(followingJob({ id: randomUUID() }));
      const after = await store.record(job, progress);
      await expect(store.record(job, progress)).rejects.toThrow(JobChanged);
      expect(await store.find(job.id)).toEqual(after);
    });

    test("on a row of a phase in which it may not come is refused", async () => {
      const job = followingJob({ id: randomUUID() });
      const { store } = await storeWith<Job>({ ...job, phase: "succeeded" });
      await expect(store.record(job, progress)).rejects.toThrow(JobChanged);
      expect((await store.find(job.id))?.phase).toBe("succeeded");
    });

    test("on a row of another phase in which it may come is stored", async () => {
      const job = followingJob({ id: randomUUID() });
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
      const job = followingJob({ id: randomUUID() });
      await expect(store.record(job, progress)).rejects.toThrow(JobChanged);
      expect(await store.find(job.id)).toBeUndefined();
    });

    test("that may not come in the phase that was read is an error, and changes nothing", async () => {
      const { store, job } = await storeWith(jobOf({ id: randomUUID(), phase: "succeeded" }));
      await expect(store.record(job, progress)).rejects.toThrow(IllegalTransition);
      expect(await store.find(job.id)).toEqual(job);
    });

    test("by twelve at once lets exactly one through", async () => {
      const { store, job } = await storeWith(followingJob({ id: randomUUID() }));
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
      const { store, job } = await storeWith(jobOf({ id: randomUUID(), phase: "failed", sweepAt: LATER }));
      await store.settle(job);
      await store.settle(job);
      expect(await store.find(job.id)).toEqual({ ...job, sweepAt: undefined });
    });

    test("of another version does nothing, and adds none that is gone", async () => {
      const { store, job } = await storeWith(followingJob({ id: randomUUID(), sweepAt: LATER }));
      await store.settle({ ...job, version: job.version - 1 });
      expect(await store.find(job.id)).toEqual(job);
      const gone = jobOf({ id: randomUUID() });
      await store.settle(gone);
      expect(await store.find(gone.id)).toBeUndefined();
    });
  });
});
