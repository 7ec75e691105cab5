import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Clock } from "../../functions/jobs/domain/clock.ts";
import type { Job } from "../../functions/jobs/domain/job.ts";
import type { JobList, JobStore } from "../../functions/jobs/domain/ports.ts";
import { dynamoJobList } from "../../functions/jobs/store/job-list.ts";
import { dynamoJobStore } from "../../functions/jobs/store/job-store.ts";
import { fakeClock, START } from "../support/fake-clock.ts";
import { fakeJobList, fakeJobStore } from "../support/fake-ports.ts";
import { jobOf } from "../support/job-examples.ts";
import { JOBS, localTables } from "../support/local-aws.ts";

let tables: Awaited<ReturnType<typeof localTables>>;
beforeAll(async () => {
  tables = await localTables();
});
afterAll(() => tables.close());

interface Listed {
  store: JobStore;
  list: JobList;
}

function inMemory(clock: Clock): Listed {
  const store = fakeJobStore(clock);
  return { store, list: fakeJobList(store, clock) };
}

function onDynamo(clock: Clock): Listed {
  const { client } = tables;
  const options = { client, tableName: JOBS, clock, retentionDays: 90, newId: randomUUID };
  return { store: dynamoJobStore(options), list: dynamoJobList(client, JOBS, clock) };
}

const IMPLEMENTATIONS: [string, (clock: Clock) => Listed][] = [
  ["in memory", inMemory],
  ["on DynamoDB", onDynamo],
];

const DAY_MS = 24 * 3600_000;
const everything = () => true;

describe.each(IMPLEMENTATIONS)("a list of jobs %s", (_, make) => {
  /** A list, and what fills it. */
  function newList() {
    const clock = fakeClock();
    const { store, list } = make(clock);
    return {
      clock,
      store,
      list,
      /** So many jobs of a new user, accepted a second after each other unless it is said otherwise. */
      async accepted(count: number, changes: (index: number) => Partial<Job> = () => ({})) {
        const userId = randomUUID();
        const jobs = Array.from({ length: count }, (__, index) => {
          const createdAt = new Date(Date.parse(START) + index * 1000).toISOString();
          return jobOf({ id: randomUUID(), userId, createdAt, updatedAt: createdAt, ...changes(index) });
        });
        await Promise.all(jobs.map((job) => store.add(job)));
        return { userId, jobs, newest: jobs.map(({ id }) => id).toReversed() };
      },
      /** All pages, as the ids of their jobs. */
      async pagesOf(userId: string, limit: number, wanted: (job: Job) => boolean = everything) {
        const pages: string[][] = [];
        for (let from: string | undefined; ; ) {
          const { jobs, next } = await list.page(userId, { limit, from, wanted });
          pages.push(jobs.map(({ id }) => id));
          if (next === undefined) return pages;
          from = next;
        }
      },
    };
  }

  test("is of one user's, the newest first, each as it is stored now", async () => {
    const { store, list, accepted } = newList();
    const { userId, jobs } = await accepted(3);
    await accepted(2);
    const [oldest = jobOf()] = jobs;
    const changed = await store.record(oldest, { event: "attemptStarted", changes: { attempt: 1 } });
    const page = await list.page(userId, { limit: 500, from: undefined, wanted: everything });
    expect(page).toEqual({ jobs: [jobs[2], jobs[1], changed], next: undefined });
  });

  test("of a user without jobs is empty, whoever has a name that begins like theirs", async () => {
    const { list, accepted } = newList();
    const { userId } = await accepted(1);
    const page = { limit: 10, from: undefined, wanted: everything };
    expect(await list.page(userId.slice(0, -1), page)).toEqual({ jobs: [], next: undefined });
    expect(await list.page(`${userId}#`, page)).toEqual({ jobs: [], next: undefined });
  });

  test.each([
    [7, 3, [3, 3, 1]],
    [6, 3, [3, 3]],
    [3, 3, [3]],
    [1, 1, [1]],
    [201, 500, [201]],
    [250, 100, [100, 100, 50]],
  ])("of %i in pages of %i is in pages of %j, and the last one has no next", async (count, limit, sizes) => {
    const { accepted, pagesOf } = newList();
    const { userId, newest } = await accepted(count);
    const pages = await pagesOf(userId, limit);
    expect(pages.map((ids) => ids.length)).toEqual(sizes);
    expect(pages.flat()).toEqual(newest);
  });

  test("of jobs that were accepted in one moment has each of them once", async () => {
    const { accepted, pagesOf } = newList();
    const { userId, newest } = await accepted(9, () => ({ createdAt: START, updatedAt: START }));
    const pages = await pagesOf(userId, 2);
    expect(pages.map((ids) => ids.length)).toEqual([2, 2, 2, 2, 1]);
    expect(pages.flat().toSorted()).toEqual(newest.toSorted());
  });

  test("passes over what is not wanted, and fills its pages with what is", async () => {
    const { accepted, pagesOf } = newList();
    const institutionOf = (index: number) => (index % 50 === 0 ? "RARE" : "AU00000");
    const { userId, jobs } = await accepted(300, (index) => ({ institutionId: institutionOf(index) }));
    const wanted = (job: Job) => job.institutionId === "RARE";
    const rare = jobs.flatMap((job) => (wanted(job) ? [job.id] : [])).toReversed();
    expect(rare).toHaveLength(6);
    expect(await pagesOf(userId, 4, wanted)).toEqual([rare.slice(0, 4), rare.slice(4)]);
    // Older ones than the third are there, but none that is wanted.
    expect(await pagesOf(userId, 3, wanted)).toEqual([rare.slice(0, 3), rare.slice(3)]);
    expect(await pagesOf(userId, 6, wanted)).toEqual([rare]);
    expect(await pagesOf(userId, 5, () => false)).toEqual([[]]);
  });

  test("goes on after jobs that are gone", async () => {
    const { store, list, accepted } = newList();
    const { userId, jobs, newest } = await accepted(4);
    const { next } = await list.page(userId, { limit: 2, from: undefined, wanted: everything });
    for (const job of jobs.slice(1, 3)) await store.drop(job);
    const after = await list.page(userId, { limit: 2, from: next, wanted: everything });
    expect(after).toMatchObject({ jobs: [{ id: newest[3] }], next: undefined });
  });

  test("begins at no place of another user's list", async () => {
    const { list, accepted } = newList();
    const [mine, theirs] = [await accepted(2), await accepted(2)];
    const { next } = await list.page(theirs.userId, { limit: 1, from: undefined, wanted: everything });
    const { jobs } = await list.page(mine.userId, { limit: 9, from: next, wanted: everything });
    expect(jobs.every(({ userId }) => userId === mine.userId)).toBe(true);
  });

  test("leaves out jobs that cannot be read any more", async () => {
    const { clock, list, accepted } = newList();
    const { userId, jobs } = await accepted(3);
    clock.pass(90 * DAY_MS + 1_500);
    const found = await list.page(userId, { limit: 2, from: undefined, wanted: everything });
    expect(found).toEqual({ jobs: [jobs[2]], next: undefined });
  });
});
