import { randomUUID } from "node:crypto";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, describe, expect, test } from "vitest";
import type { Clock } from "../../functions/jobs/domain/clock.ts";
import { DependencyDown } from "../../functions/jobs/domain/errors.ts";
import type { Job } from "../../functions/jobs/domain/job.ts";
import type { JobList, JobStore } from "../../functions/jobs/domain/ports.ts";
import { dynamoJobList } from "../../functions/jobs/store/job-list.ts";
import { dynamoJobStore } from "../../functions/jobs/store/job-store.ts";
import { fakeClock, START } from "../support/fake-clock.ts";
import { fakeJobList, fakeJobStore } from "../support/fake-ports.ts";
import { jobOf } from "../support/job-examples.ts";
import { JOBS, localTables } from "../support/local-aws.ts";

const tables = await localTables();
afterAll(tables.close);

interface Listed {
  store: JobStore;
  list: JobList;
}

function inMemory(clock: Clock): Listed {
  const store = fakeJobStore(clock);
  return { store, list: fakeJobList(store, clock) };
}

function onDynamo(clock: Clock, client = tables.client): Listed {
  const options = { client: tables.client, tableName: JOBS, clock, retentionDays: 90, newId: randomUUID };
  return { store: dynamoJobStore(options), list: dynamoJobList(client, JOBS, clock) };
}

const IMPLEMENTATIONS: [string, (clock: Clock) => Listed][] = [
  ["in memory", inMemory],
  ["on DynamoDB", onDynamo],
];

const DAY_MS = 24 * 3600_000;
const everything = () => true;

function newList(make: (clock: Clock) => Listed) {
  const clock = fakeClock();
  const { store, list } = make(clock);
  return {
    clock,
    store,
    page: (userId: string, limit: number, from?: string) =>
      list.page([userId], { limit, from, wanted: everything }),
    /** So many jobs of a new user, accepted a second after each other unless the changes differ. */
    async accepted(count: number, changes: (index: number) => Partial<Job> = () => ({})) {
      const userId = randomUUID();
      const jobs = Array.from({ length: count }, (__, index) => {
        const createdAt = new Date(Date.parse(START) + index * 1000).toISOString();
        return jobOf({ id: randomUUID(), userId, createdAt, updatedAt: createdAt, ...changes(index) });
      });
      for (const job of jobs) await store.add(job);
      return { userId, jobs, newest: jobs.map(({ id }) => id).toReversed() };
    },
    /** All pages, as the ids of their jobs. */
    async pagesOf(userIds: readonly string[], limit: number, wanted: (job: Job) => boolean = everything) {
      const pages: string[][] = [];
      for (let from: string | undefined; ; ) {
        const { jobs, next } = await list.page(userIds, { limit, from, wanted });
        pages.push(jobs.map(({ id }) => id));
        if (next === undefined) return pages;
        from = next;
      }
    },
  };
}

describe.each(IMPLEMENTATIONS)("a list of jobs %s", (_, make) => {
  test("is of one user's, the newest first, each as it is stored now", async () => {
    const { store, page, accepted } = newList(make);
    const { userId, jobs } = await accepted(3);
    await accepted(2);
    const [oldest = jobOf()] = jobs;
    const changed = await store.record(oldest, { event: "attemptStarted", changes: { attempt: 1 } });
    expect(await page(userId, 500)).toEqual({ jobs: [jobs[2], jobs[1], changed], next: undefined });
  });

  test("of a user without jobs is empty, though another user's name begins like theirs", async () => {
    const { page, accepted } = newList(make);
    const { userId } = await accepted(1);
    for (const other of [userId.slice(0, -1), `${userId}#`]) {
      expect(await page(other, 10)).toEqual({ jobs: [], next: undefined });
    }
  });

  test.each([
    [7, 3, [3, 3, 1]],
    [6, 3, [3, 3]],
    [3, 3, [3]],
    [1, 1, [1]],
    [201, 500, [201]],
    [250, 100, [100, 100, 50]],
  ])("of %i in pages of %i is in pages of %j, and the last one has no next", async (count, limit, sizes) => {
    const { accepted, pagesOf } = newList(make);
    const { userId, newest } = await accepted(count);
    const pages = await pagesOf([userId], limit);
    expect(pages.map((ids) => ids.length)).toEqual(sizes);
    expect(pages.flat()).toEqual(newest);
  });

  test("of a user whose id has other capitals in older rows has the jobs of both, the newest first", async () => {
    const { accepted, pagesOf } = newList(make);
    const [older, newer] = [randomUUID().toUpperCase(), randomUUID()];
    const userOf = (index: number) => ({ userId: index < 3 || index === 5 ? older : newer });
    const { newest } = await accepted(8, userOf);
    const pages = await pagesOf([newer, older], 3);
    expect(pages).toEqual([newest.slice(0, 3), newest.slice(3, 6), newest.slice(6)]);
    expect((await pagesOf([newer], 8)).flat()).toHaveLength(4);
  });

  test("of jobs that were accepted at one time has each of them once", async () => {
    const { accepted, pagesOf } = newList(make);
    const { userId, newest } = await accepted(9, () => ({ createdAt: START, updatedAt: START }));
    const pages = await pagesOf([userId], 2);
    expect(pages.map((ids) => ids.length)).toEqual([2, 2, 2, 2, 1]);
    expect(pages.flat().toSorted()).toEqual(newest.toSorted());
  });

  test("passes over jobs that are not wanted, and fills its pages with wanted ones", async () => {
    const { accepted, pagesOf } = newList(make);
    const institutionOf = (index: number) => (index % 50 === 0 ? "RARE" : "AU00000");
    const { userId, jobs } = await accepted(300, (index) => ({ institutionId: institutionOf(index) }));
    const wanted = (job: Job) => job.institutionId === "RARE";
    const rare = jobs.flatMap((job) => (wanted(job) ? [job.id] : [])).toReversed();
    expect(rare).toHaveLength(6);
    expect(await pagesOf([userId], 4, wanted)).toEqual([rare.slice(0, 4), rare.slice(4)]);
    // Older ones than the third are there, but none that is wanted.
    expect(await pagesOf([userId], 3, wanted)).toEqual([rare.slice(0, 3), rare.slice(3)]);
    expect(await pagesOf([userId], 6, wanted)).toEqual([rare]);
    expect(await pagesOf([userId], 5, () => false)).toEqual([[]]);
  });

  test("goes on after jobs that are gone", async () => {
    const { store, page, accepted } = newList(make);
    const { userId, jobs } = await accepted(4);
    const { next } = await page(userId, 2);
    for (const job of jobs.slice(1, 3)) await store.drop(job);
    expect(await page(userId, 2, next)).toEqual({ jobs: [jobs[0]], next: undefined });
  });

  test("begins at no place of another user's list", async () => {
    const { page, accepted } = newList(make);
    const [mine, theirs] = [await accepted(2), await accepted(2)];
    const { next } = await page(theirs.userId, 1);
    const { jobs } = await page(mine.userId, 9, next);
    expect(jobs.every(({ userId }) => userId === mine.userId)).toBe(true);
  });

  test("leaves out jobs that cannot be read any more", async () => {
    const { clock, page, accepted } = newList(make);
    const { userId, jobs } = await accepted(3);
    clock.pass(90 * DAY_MS + 1_500);
    expect(await page(userId, 2)).toEqual({ jobs: [jobs[2]], next: undefined });
  });
});

describe("a list of jobs on DynamoDB", () => {
  /** A list whose client counts its commands, and changes their outputs. */
  function watchedList(change: (name: string, input: object, output: object) => object = () => ({})) {
    const client: DynamoDBClient = tables.newClient();
    const calls: string[] = [];
    client.middlewareStack.add(
      (next, context) => async (args) => {
        const name = String(context.commandName);
        calls.push(name);
        const result = await next(args);
        Object.assign(result.output, change(name, args.input, result.output));
        return result;
      },
      { step: "initialize" },
    );
    return { ...newList((clock) => onDynamo(clock, client)), calls };
  }

  test("ends with its last job, though the index says that there may be more", async () => {
    const { page, accepted } = watchedList((_, __, output) =>
      "Items" in output && Array.isArray(output.Items) ? { LastEvaluatedKey: output.Items.at(-1) } : {},
    );
    const { userId } = await accepted(4);
    const first = await page(userId, 2);
    expect(first.next).toBeDefined();
    const last = await page(userId, 2, first.next);
    expect([last.jobs.length, last.next]).toEqual([2, undefined]);
  });

  test("asks again for rows that DynamoDB left out of a reply", async () => {
    const { accepted, pagesOf, calls } = watchedList();
    const large = { code: "c", title: "t", detail: "x".repeat(20_000) };
    const steps = [{ title: "verify-credentials", status: "failed" as const, result: large }];
    const { userId, newest } = await accepted(90, () => ({ steps }));
    expect(await pagesOf([userId], 500)).toEqual([newest]);
    expect(calls).toEqual(["QueryCommand", "BatchGetItemCommand", "BatchGetItemCommand"]);
  });

  test("gives no page when DynamoDB leaves rows out five times", async () => {
    const { page, accepted, calls } = watchedList((name, input) =>
      name === "BatchGetItemCommand" && "RequestItems" in input
        ? { Responses: {}, UnprocessedKeys: input.RequestItems }
        : {},
    );
    const { userId } = await accepted(2);
    await expect(page(userId, 5)).rejects.toThrow(DependencyDown);
    expect(calls.filter((name) => name === "BatchGetItemCommand")).toHaveLength(5);
  });
});
