import { randomUUID } from "node:crypto";
import { PutItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
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
async function onDynamo(clock: Clock) {
  const { client, close } = await localTables();
  onTestFinished(close);
  const options = { client, tableName: JOBS, clock, retentionDays: 90, newId: randomUUID };
  return { client, store: dynamoJobStore(options), swept: dynamoSweptJobs(client, JOBS, clock) };
}

const IMPLEMENTATIONS: [string, (clock: Clock) => Promise<Swept>][] = [
  ["in memory", inMemory],
  ["on DynamoDB", onDynamo],
];

const census = async (swept: SweptJobs) => [await swept.queued([]), await swept.notQueued()];

const WEEK = 7 * 24 * 3600;
const at = (seconds: number) => new Date(Date.parse(START) + seconds * 1000).toISOString();

async function noJobs<Made extends Swept>(make: (clock: Clock) => Promise<Made>) {
  const clock = fakeClock();
  const made = await make(clock);
  const add = async (changes: Partial<Job>) => {
    const job = jobOf({ id: randomUUID(), ...changes });
    await made.store.add(job);
    return job;
  };
  return { ...made, clock, add };
}

describe.each(IMPLEMENTATIONS)("swept jobs %s", (_, make) => {
  test("are due when their time has come, the longest due first, whatever their phase", async () => {
    const { clock, swept, add } = await noJobs(make);
    const times = [-50, 0, -10, -40, -20, -30, -60, -5];
    const jobs: Job[] = [];
    for (const [index, seconds] of times.entries()) {
      jobs.push(await add({ sweepAt: at(seconds), phase: index % 3 === 0 ? "queued" : "following" }));
    }
    const later = await add({ phase: "queued", sweepAt: at(60) });
    await add({});
    const idsOf = (due: Job[]) =>
      due.toSorted((a, b) => Date.parse(a.sweepAt ?? "") - Date.parse(b.sweepAt ?? "")).map(({ id }) => id);
    clock.pass(59_999);
    expect(await swept.due([])).toEqual(idsOf(jobs));
    clock.pass(1);
    expect(await swept.due([])).toEqual(idsOf([...jobs, later]));
  });

  test("are due after their end until they are settled, and count as running until then", async () => {
    const { store, swept, add } = await noJobs(make);
    const over = { phase: "failed", sweepAt: at(-1) } as const;
    const [left, settled] = [await add(over), await add(over)];
    await store.markCleaned(settled);
    expect(await swept.due([])).toEqual([left.id]);
    expect(await census(swept)).toEqual([{ size: 0 }, { size: 1, oldest: START }]);
    await store.markCleaned(left);
    expect(await census(swept)).toEqual([{ size: 0 }, { size: 0 }]);
  });

  test("count as running jobs only while functions work on them", async () => {
    const { swept, add } = await noJobs(make);
    const open = ["accepted", "opening", "following", "answered", "queued", "awaiting-answer"] as const;
    for (const phase of open) await add({ phase, sweepAt: at(-1) });
    const settling = await add({ phase: "failed", sweepAt: at(-1) });
    expect(await swept.running()).toBe(4);
    expect(await swept.due([])).toContain(settling.id);
    expect(await census(swept)).toMatchObject([{ size: 1 }, { size: 6 }]);
  });

  test("follow the events that are recorded of them", async () => {
    const { clock, store, swept, add } = await noJobs(make);
    const job = await add(followingJob({ id: randomUUID(), sweepAt: at(-1) }));
    const held = await store.record(job, { event: "attemptHeld", changes: {} });
    expect(clock.msUntil(new Date(held.sweepAt ?? ""))).toBeGreaterThan(0);
    expect(await swept.due([])).toEqual([]);
    expect(await census(swept)).toMatchObject([{ size: 1 }, { size: 0 }]);
    await store.record(held, { event: "resumed", changes: {} });
    expect(await census(swept)).toMatchObject([{ size: 0 }, { size: 1 }]);
  });

  test("are postponed without any other change", async () => {
    const { store, swept, add } = await noJobs(make);
    const job = await add({ sweepAt: at(-1) });
    await swept.postpone(job, at(60));
    expect(await swept.due([])).toEqual([]);
    expect(await store.find(job.id)).toEqual({ ...job, sweepAt: at(60) });
  });

  test("are not postponed when they have changed since they were read, or are gone", async () => {
    const { store, swept, add } = await noJobs(make);
    const job = await add({ sweepAt: at(-1) });
    const changed = await store.record(job, { event: "attemptStarted", changes: { attempt: 1 } });
    await swept.postpone(job, at(60));
    expect(await store.find(job.id)).toEqual(changed);
    const gone = jobOf({ id: randomUUID() });
    await swept.postpone(gone, at(-60));
    expect([await store.find(gone.id), await swept.due([])]).toEqual([undefined, [job.id]]);
  });

  test("are counted, queued and running ones apart, with the age of the oldest of each", async () => {
    const { swept, add } = await noJobs(make);
    expect(await census(swept)).toEqual([{ size: 0 }, { size: 0 }]);
    for (const number of [0, 1, 2, 3]) {
      await add({ createdAt: at(-10 * number), sweepAt: at(number * 1000) });
      await add({ phase: "queued", createdAt: at(-number), sweepAt: at(-1) });
    }
    await add({ phase: "queued", createdAt: at(-2), sweepAt: at(9) });
    await add({ phase: "failed", createdAt: at(-9999) });
    expect(await census(swept)).toEqual([
      { size: 5, oldest: at(-3) },
      { size: 4, oldest: at(-30) },
    ]);
  });

  test("that run after they were queued are as old as their last change, and not as their request", async () => {
    const { store, swept, add } = await noJobs(make);
    const queue = { nextAttemptAt: at(0), expiresAt: at(WEEK) };
    const old = { createdAt: at(-WEEK), updatedAt: at(-20), sweepAt: at(60), queue };
    const waits = await add({ ...old, phase: "queued" });
    await add({ ...old, phase: "following" });
    expect(await census(swept)).toEqual([
      { size: 1, oldest: at(-WEEK) },
      { size: 1, oldest: at(-20) },
    ]);
    await store.record(waits, { event: "attemptStarted", changes: {} });
    await add({ createdAt: at(-40), updatedAt: at(-20), sweepAt: at(60) });
    expect(await census(swept)).toEqual([{ size: 0 }, { size: 3, oldest: at(-40) }]);
  });
});

describe.each(IMPLEMENTATIONS)("jobs that wait for a bank, %s,", (_, make) => {
  const queue = { nextAttemptAt: at(0), expiresAt: at(WEEK), waitsFor: "bank" } as const;
  const waiting = { phase: "queued", institutionId: "AU00001", queue } as const;

  test("are found by their bank, the longest waiting first, and are due for the sweeper at their time if their bank is named", async () => {
    const { swept, add } = await noJobs(make);
    const [last, first] = [
      await add({ ...waiting, sweepAt: at(9) }),
      await add({ ...waiting, sweepAt: at(-9) }),
    ];
    await add({ ...waiting, institutionId: "AU00002", sweepAt: at(-99) });
    await add({ ...waiting, phase: "accepted", sweepAt: at(60) });
    const found = [first, last].map(({ id, sweepAt: place }) => ({ jobId: id, place }));
    expect(await swept.awaiting("AU00001", { limit: 9 })).toEqual(found);
    expect(await swept.awaiting("AU00001", { limit: 1 })).toEqual(found.slice(0, 1));
    expect(await swept.awaiting("AU00001", { limit: 9, after: at(-9) })).toEqual(found.slice(1));
    expect([await swept.awaiting("AU00003", { limit: 9 }), await swept.due([])]).toEqual([[], []]);
    expect(await swept.due(["AU00001", "AU00003"])).toEqual([first.id]);
  });

  test("are counted with those of the queue if their bank is named", async () => {
    const { swept, add } = await noJobs(make);
    await add({ ...waiting, sweepAt: at(9) });
    await add({ ...waiting, queue: { ...queue, waitsFor: "attempt" }, createdAt: at(-5), sweepAt: at(9) });
    expect(await swept.queued([])).toEqual({ size: 1, oldest: at(-5) });
    expect(await swept.queued(["AU00001", "AU00002"])).toEqual({ size: 2, oldest: at(-5) });
  });
});

describe("swept jobs on DynamoDB", () => {
  /** The last digits of an id say in which shard it is. */
  const idIn = (shard: number) => `${randomUUID().slice(0, -2)}${(0xa0 + shard).toString(16)}`;

  test("are due up to as many as a sweep can do, of each shard the longest due", async () => {
    const { swept, add } = await noJobs(onDynamo);
    const late = await Promise.all(
      Array.from({ length: 253 }, (_, index) => add({ id: idIn(1), sweepAt: at(-1000 + index) })),
    );
    const others = [
      await add({ id: idIn(2), sweepAt: at(-1) }),
      await add({ id: idIn(1), phase: "queued", sweepAt: at(0) }),
    ];
    expect(await swept.due([])).toEqual([...late.slice(0, 250), ...others].map(({ id }) => id));
  });

  test("are in an index with the keys and the age of each job, and other rows of it are left out", async () => {
    const { client, swept, add } = await noJobs(onDynamo);
    const { id } = await add({ id: idIn(2), sweepAt: at(-1) });
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: JOBS,
        IndexName: "swept-by-time",
        KeyConditionExpression: "sweep = :part",
        ExpressionAttributeValues: marshall({ ":part": "running#2" }),
      }),
    );
    const entry = { pk: `job#${id}`, sweep: "running#2", sweepAt: at(-1), createdAt: START };
    expect(Items.map((item) => unmarshall(item))).toEqual([entry]);
    const stray = { pk: "stray", sweep: "running#1", sweepAt: at(-2) };
    await client.send(new PutItemCommand({ TableName: JOBS, Item: marshall(stray) }));
    expect(await swept.due([])).toEqual([id]);
    expect(await census(swept)).toEqual([{ size: 0 }, { size: 1, oldest: START }]);
  });
});
