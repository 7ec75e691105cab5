import { describe, expect, test } from "vitest";
import type { Job } from "../../functions/jobs/domain/job.ts";
import { fakeClock, START } from "../support/fake-clock.ts";
import { everything, listedJobs } from "./listed-jobs.ts";

const DAY_MS = 24 * 3600 * 1000;
const { accepted, list, pagesOf, store, watched } = listedJobs();

describe("a list of jobs", () => {
  test("is of one user's, the newest first, each as its row is", async () => {
    const { userId, jobs } = await accepted(3);
    await accepted(2);
    const [oldest] = jobs;
    if (oldest === undefined) throw new Error("There is no job.");
    const changed = await store().record(oldest, { event: "attemptStarted", changes: { attempt: 1 } });
    const page = await list().page(userId, { limit: 500, from: undefined, wanted: everything });
    expect(page).toEqual({ jobs: [jobs[2], jobs[1], changed], next: undefined });
  });

  test("of a user without jobs is empty, whoever has a name that begins like theirs", async () => {
    const { userId } = await accepted(1);
    const page = { limit: 10, from: undefined, wanted: everything };
    expect(await list().page(userId.slice(0, -1), page)).toEqual({ jobs: [], next: undefined });
    expect(await list().page(`${userId}#`, page)).toEqual({ jobs: [], next: undefined });
  });

  test.each([
    [7, 3, [3, 3, 1]],
    [6, 3, [3, 3]],
    [3, 3, [3]],
    [1, 1, [1]],
    [250, 100, [100, 100, 50]],
    [200, 100, [100, 100]],
    [201, 500, [201]],
  ])("of %i in pages of %i is in pages of %j, and the last one has no next", async (count, limit, sizes) => {
    const { userId, newest } = await accepted(count);
    const pages = await pagesOf(userId, limit);
    expect(pages.map((ids) => ids.length)).toEqual(sizes);
    expect(pages.flat()).toEqual(newest);
  });

  test("ends where it ends, though the index says that there may be more", async () => {
    const { userId } = await accepted(4);
    const { client } = watched((_, __, output) =>
      "Items" in output && Array.isArray(output.Items) ? { LastEvaluatedKey: output.Items.at(-1) } : {},
    );
    const first = await list(client).page(userId, { limit: 2, from: undefined, wanted: everything });
    expect(first.next).toBeDefined();
    const last = await list(client).page(userId, { limit: 2, from: first.next, wanted: everything });
    expect([last.jobs.length, last.next]).toEqual([2, undefined]);
  });

  test("of jobs that were accepted in one moment has each of them once", async () => {
    const { userId, newest } = await accepted(9, () => ({ createdAt: START, updatedAt: START }));
    const pages = await pagesOf(userId, 2);
    expect(pages.map((ids) => ids.length)).toEqual([2, 2, 2, 2, 1]);
    expect(pages.flat().toSorted()).toEqual(newest.toSorted());
  });

  test("passes over what is not wanted, and fills its pages with what is", async () => {
    const institutionOf = (index: number) => (index % 50 === 0 ? "RARE" : "AU00000");
    const { userId, jobs } = await accepted(300, (index) => ({ institutionId: institutionOf(index) }));
    const wanted = (job: Job) => job.institutionId === "RARE";
    const rare = jobs
      .filter(wanted)
      .map(({ id }) => id)
      .toReversed();
    expect(rare).toHaveLength(6);
    expect(await pagesOf(userId, 4, wanted)).toEqual([rare.slice(0, 4), rare.slice(4)]);
    // Older ones than the third are there, but none that is wanted.
    expect(await pagesOf(userId, 3, wanted)).toEqual([rare.slice(0, 3), rare.slice(3)]);
    expect(await pagesOf(userId, 6, wanted)).toEqual([rare]);
    expect(await pagesOf(userId, 5, () => false)).toEqual([[]]);
  });

  test("goes on after a job that is gone", async () => {
    const { userId, jobs, newest } = await accepted(4);
    const { next } = await list().page(userId, { limit: 2, from: undefined, wanted: everything });
    for (const job of jobs.slice(1, 3)) await store().drop(job);
    const after = await list().page(userId, { limit: 2, from: next, wanted: everything });
    expect(after).toMatchObject({ jobs: [{ id: newest[3] }], next: undefined });
  });

  test("begins at no place of another user's list", async () => {
    const [mine, theirs] = [await accepted(2), await accepted(2)];
    const { next } = await list().page(theirs.userId, { limit: 1, from: undefined, wanted: everything });
    const { jobs } = await list().page(mine.userId, { limit: 9, from: next, wanted: everything });
    expect(jobs.every(({ userId }) => userId === mine.userId)).toBe(true);
  });

  test("leaves out what is past its time, whenever it is deleted", async () => {
    const old = { createdAt: new Date(Date.parse(START) - 90 * DAY_MS).toISOString() };
    const { userId, jobs } = await accepted(3, (index) => ({
      ...old,
      updatedAt: new Date(Date.parse(old.createdAt) + index * 1000).toISOString(),
    }));
    const [, , kept] = jobs;
    const page = { limit: 2, from: undefined, wanted: everything };
    const later = fakeClock(new Date(Date.parse(START) + 1500).toISOString());
    const found = await list(undefined, later).page(userId, page);
    expect(found).toEqual({ jobs: [kept], next: undefined });
  });
});
