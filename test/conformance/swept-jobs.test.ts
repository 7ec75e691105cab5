import { randomUUID } from "node:crypto";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Clock } from "../../functions/jobs/domain/clock.ts";
import type { Job } from "../../functions/jobs/domain/job.ts";
import type { JobStore, SweptJobs } from "../../functions/jobs/domain/ports.ts";
import { dynamoJobStore } from "../../functions/jobs/store/job-store.ts";
import { dynamoSweptJobs } from "../../functions/jobs/store/swept-jobs.ts";
import { fakeClock, START } from "../support/fake-clock.ts";
import { fakeJobStore, fakeSweptJobs } from "../support/fake-ports.ts";
import { followingJob, jobOf } from "../support/job-examples.ts";
import { JOBS, localTables } from "../support/local-aws.ts";

interface Swept {
  store: JobStore;
  swept: SweptJobs;
}

async function inMemory(clock: Clock): Promise<Swept> {
  const store = fakeJobStore(clock);
  return { store, swept: fakeSweptJobs(store, clock) };
}

/** A table of its own: the census counts every job that there is. */
async function onDynamo(clock: Clock): Promise<Swept> {
  const { client, close } = await localTables();
  onTestFinished(close);
  const options = { client, tableName: JOBS, clock, retentionDays: 90, newId: randomUUID };
  return { store: dynamoJobStore(options), swept: dynamoSweptJobs(client, JOBS, clock) };
}

const IMPLEMENTATIONS: [string, (clock: Clock) => Promise<Swept>][] = [
  ["in memory", inMemory],
  ["on DynamoDB", onDynamo],
];

const WEEK = 7 * 24 * 3600;
const at = (seconds: number) => new Date(Date.parse(START) + seconds * 1000).toISOString();

describe.each(IMPLEMENTATIONS)("swept jobs %s", (_, make) => {
  async function noJobs() {
    const clock = fakeClock();
    const made = await make(clock);
    const add = async (changes: Partial<Job>) => {
      const job = jobOf({ id: randomUUID(), ...changes });
      await made.store.add(job);
      return job;
    };
    return { ...made, clock, add };
  }

  describe("the jobs that are due", () => {
    test("are those whose time has come, the longest due first, whatever their phase", async () => {
      const { swept, add } = await noJobs();
      const times = [-50, 0, -10, -40, -20, -30, -60, -5];
      const jobs: Job[] = [];
      for (const [index, seconds] of times.entries()) {
        jobs.push(await add({ sweepAt: at(seconds), phase: index % 3 === 0 ? "queued" : "following" }));
      }
      await add({ sweepAt: at(1) });
      await add({ phase: "queued", sweepAt: at(3600) });
      await add({});
      const expected = jobs.toSorted((a, b) => Date.parse(a.sweepAt ?? "") - Date.parse(b.sweepAt ?? ""));
      expect(await swept.due()).toEqual(expected.map(({ id }) => id));
    });

    test("are those of the time that has passed since", async () => {
      const { clock, swept, add } = await noJobs();
      const { id } = await add({ sweepAt: at(60) });
      clock.pass(59_999);
      expect(await swept.due()).toEqual([]);
      clock.pass(1);
      expect(await swept.due()).toEqual([id]);
    });

    test("are over and unsettled ones too, but none that is settled", async () => {
      const { store, swept, add } = await noJobs();
      const over = { phase: "failed", sweepAt: at(-1) } as const;
      const [left, settled] = [await add(over), await add(over)];
      await store.settle(settled);
      expect(await swept.due()).toEqual([left.id]);
    });

    test("follow what is recorded of them", async () => {
      const { clock, store, swept, add } = await noJobs();
      const job = await add(followingJob({ id: randomUUID(), sweepAt: at(-1) }));
      const held = await store.record(job, { event: "attemptHeld", changes: {} });
      expect(clock.msUntil(new Date(held.sweepAt ?? ""))).toBeGreaterThan(0);
      expect(await swept.due()).toEqual([]);
      expect(await swept.census()).toMatchObject({ queued: 1, running: 0 });
      await store.record(held, { event: "resumed", changes: {} });
      expect(await swept.census()).toMatchObject({ queued: 0, running: 1 });
    });
  });

  describe("postponing a job", () => {
    test("moves its time alone", async () => {
      const { store, swept, add } = await noJobs();
      const job = await add({ sweepAt: at(-1) });
      await swept.postpone(job, at(60));
      expect(await swept.due()).toEqual([]);
      expect(await store.find(job.id)).toEqual({ ...job, sweepAt: at(60) });
    });

    test("that has changed since it was read does nothing", async () => {
      const { store, swept, add } = await noJobs();
      const job = await add({ sweepAt: at(-1) });
      const changed = await store.record(job, { event: "attemptStarted", changes: { attempt: 1 } });
      await swept.postpone(job, at(60));
      expect(await store.find(job.id)).toEqual(changed);
    });

    test("that is gone adds none", async () => {
      const { store, swept } = await noJobs();
      const gone = jobOf({ id: randomUUID() });
      await swept.postpone(gone, at(-60));
      expect([await store.find(gone.id), await swept.due()]).toEqual([undefined, []]);
    });
  });

  describe("the census", () => {
    test("counts what waits and what runs, and knows the oldest of each", async () => {
      const { swept, add } = await noJobs();
      expect(await swept.census()).toEqual({ queued: 0, running: 0 });
      for (const number of [0, 1, 2, 3]) {
        await add({ createdAt: at(-10 * number), sweepAt: at(number * 1000) });
        await add({ phase: "queued", createdAt: at(-number), sweepAt: at(-1) });
      }
      await add({ phase: "queued", createdAt: at(-2), sweepAt: at(9) });
      await add({ phase: "failed", createdAt: at(-9999) });
      const oldest = { oldestQueued: at(-3), oldestRunning: at(-30) };
      expect(await swept.census()).toEqual({ queued: 5, running: 4, ...oldest });
    });

    test("counts a job that is over as a running one until it is settled", async () => {
      const { store, swept, add } = await noJobs();
      const job = await add({ phase: "failed", sweepAt: at(-1) });
      expect(await swept.census()).toEqual({ queued: 0, running: 1, oldestRunning: START });
      await store.settle(job);
      expect(await swept.census()).toEqual({ queued: 0, running: 0 });
    });

    test("takes a job that runs after it was queued for as old as its last change, and not as its request", async () => {
      const { store, swept, add } = await noJobs();
      const queue = { nextAttemptAt: at(0), expiresAt: at(WEEK) };
      const old = { createdAt: at(-WEEK), updatedAt: at(-20), sweepAt: at(60), queue };
      const waits = await add({ ...old, phase: "queued" });
      await add({ ...old, phase: "following" });
      const oldest = { oldestQueued: at(-WEEK), oldestRunning: at(-20) };
      expect(await swept.census()).toEqual({ queued: 1, running: 1, ...oldest });
      await store.record(waits, { event: "attemptStarted", changes: {} });
      await add({ createdAt: at(-40), updatedAt: at(-20), sweepAt: at(60) });
      expect(await swept.census()).toEqual({ queued: 0, running: 3, oldestRunning: at(-40) });
    });
  });
});
