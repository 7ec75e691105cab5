import { randomUUID } from "node:crypto";
import { PutItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Job } from "../../functions/jobs/domain/job.ts";
import { dynamoJobStore } from "../../functions/jobs/store/job-store.ts";
import { dynamoSweptJobs } from "../../functions/jobs/store/swept-jobs.ts";
import { fakeClock, START } from "../support/fake-clock.ts";
import { followingJob, jobOf } from "../support/job-examples.ts";
import { JOBS, localTables } from "../support/local-tables.ts";

let tables: Awaited<ReturnType<typeof localTables>>;
beforeEach(async () => {
  tables = await localTables();
});
afterEach(() => tables.close());

const clock = fakeClock();
const at = (seconds: number) => new Date(Date.parse(START) + seconds * 1000).toISOString();
const store = () =>
  dynamoJobStore({ client: tables.client, tableName: JOBS, clock, retentionDays: 90, newId: randomUUID });
const swept = () => dynamoSweptJobs(tables.client, JOBS, clock);
const rowOf = async (id: string) => (await tables.rows(JOBS)).find(({ pk }) => pk === `job#${id}`);

/** The last digits of an id say in which shard it is. */
const idIn = (shard: number) => `${randomUUID().slice(0, -2)}${(0xa0 + shard).toString(16)}`;

async function added(changes: Partial<Job>): Promise<Job> {
  const job = jobOf({ id: randomUUID(), ...changes });
  await store().add(job);
  return job;
}

describe("the jobs that are due", () => {
  test("are those whose time has come, the longest due first, whatever their shard and their phase", async () => {
    const times = [-50, 0, -10, -40, -20, -30, -60, -5];
    const jobs = await Promise.all(
      times.map((seconds, index) =>
        added({
          id: idIn(index % 4),
          sweepAt: at(seconds),
          ...(index % 3 === 0 && { phase: "queued" as const }),
        }),
      ),
    );
    await added({ sweepAt: at(1) });
    await added({ phase: "queued", sweepAt: at(3600) });
    await added({});
    const expected = jobs.toSorted((a, b) => Date.parse(a.sweepAt ?? "") - Date.parse(b.sweepAt ?? ""));
    expect(await swept().due()).toEqual(expected.map(({ id }) => id));
  });

  test("are as many as a sweep can do, of each shard the longest due", async () => {
    const late = await Promise.all(
      Array.from({ length: 253 }, (_, index) => added({ id: idIn(1), sweepAt: at(-1000 + index) })),
    );
    const others = [
      await added({ id: idIn(2), sweepAt: at(-1) }),
      await added({ id: idIn(1), phase: "queued", sweepAt: at(0) }),
    ];
    const expected = [...late.slice(0, 250), ...others].map(({ id }) => id);
    expect(await swept().due()).toEqual(expected);
  });

  test("are over and unsettled ones too, but none that is settled", async () => {
    const over = { phase: "failed", sweepAt: at(-1) } as const;
    const [left, settled] = [await added(over), await added(over)];
    await store().settle(settled);
    expect(await swept().due()).toEqual([left.id]);
  });

  test("follow what is recorded of them", async () => {
    const job = await added(followingJob({ id: idIn(3), sweepAt: at(-1) }));
    const held = await store().record(job, { event: "attemptHeld", changes: {} });
    expect(Date.parse(held.sweepAt ?? "")).toBeGreaterThan(clock.now().getTime());
    expect(await swept().due()).toEqual([]);
    expect(await swept().census()).toMatchObject({ queued: 1, running: 0 });
    await store().record(held, { event: "resumed", changes: {} });
    expect(await swept().census()).toMatchObject({ queued: 0, running: 1 });
  });
});

test("what the index holds beside jobs is left out", async () => {
  const job = await added({ id: idIn(1), sweepAt: at(-1) });
  const stray = { pk: "stray", sweep: "running#1", sweepAt: at(-2) };
  await tables.client.send(new PutItemCommand({ TableName: JOBS, Item: marshall(stray) }));
  expect(await swept().due()).toEqual([job.id]);
  expect(await swept().census()).toEqual({ queued: 0, running: 1, oldestRunning: START });
});

describe("postponing", () => {
  test("moves the time alone", async () => {
    const job = await added({ sweepAt: at(-1) });
    const before = await rowOf(job.id);
    await swept().postpone(job, at(60));
    expect(await rowOf(job.id)).toEqual({ ...before, sweepAt: at(60) });
    expect(await swept().due()).toEqual([]);
    expect(await store().find(job.id)).toEqual({ ...job, sweepAt: at(60) });
  });

  test("does nothing to a job that has changed since", async () => {
    const job = await added({ sweepAt: at(-1) });
    const changed = await store().record(job, { event: "attemptStarted", changes: { attempt: 1 } });
    await swept().postpone(job, at(60));
    expect(await store().find(job.id)).toEqual(changed);
  });

  test("makes no row of a job that is gone", async () => {
    await swept().postpone(jobOf({ id: randomUUID() }), at(60));
    expect(await tables.rows(JOBS)).toEqual([]);
  });
});

describe("the census", () => {
  test("counts what waits and what runs, and knows the oldest of each", async () => {
    expect(await swept().census()).toEqual({ queued: 0, running: 0 });
    for (const shard of [0, 1, 2, 3]) {
      await added({ id: idIn(shard), createdAt: at(-10 * shard), sweepAt: at(shard * 1000) });
      await added({ id: idIn(shard), phase: "queued", createdAt: at(-shard), sweepAt: at(-1) });
    }
    await added({ phase: "queued", createdAt: at(-2), sweepAt: at(9) });
    await added({ phase: "failed", createdAt: at(-9999) });
    expect(await swept().census()).toEqual({
      queued: 5,
      running: 4,
      oldestQueued: at(-3),
      oldestRunning: at(-30),
    });
  });

  test("takes a job that runs after it was queued for as old as its last change, and not as its request", async () => {
    const week = 7 * 24 * 3600;
    const queue = { nextAttemptAt: at(0), expiresAt: at(week) };
    const old = { createdAt: at(-week), updatedAt: at(-20), sweepAt: at(60), queue };
    const waits = await added({ ...old, phase: "queued" });
    await added({ ...old, phase: "following" });
    expect(await swept().census()).toEqual({
      queued: 1,
      running: 1,
      oldestQueued: at(-week),
      oldestRunning: at(-20),
    });
    await store().record(waits, { event: "attemptStarted", changes: {} });
    await added({ createdAt: at(-40), updatedAt: at(-20), sweepAt: at(60) });
    expect(await swept().census()).toEqual({ queued: 0, running: 3, oldestRunning: at(-40) });
  });
});

test("the index holds of a job when it was made, or runs since, and nothing else that is not a key", async () => {
  const { id } = await added({ id: idIn(2), sweepAt: at(5) });
  const { Items = [] } = await tables.client.send(
    new QueryCommand({
      TableName: JOBS,
      IndexName: "swept-by-time",
      KeyConditionExpression: "sweep = :part",
      ExpressionAttributeValues: marshall({ ":part": "running#2" }),
    }),
  );
  expect(Items.map((item) => unmarshall(item))).toEqual([
    { pk: `job#${id}`, sweep: "running#2", sweepAt: at(5), createdAt: START },
  ]);
});
