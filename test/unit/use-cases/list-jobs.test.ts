import { expect, test } from "vitest";
import type { Job } from "../../../functions/jobs/domain/job.ts";
import type { JobList } from "../../../functions/jobs/domain/ports.ts";
import { listJobs } from "../../../functions/jobs/use-cases/list-jobs.ts";
import { jobOf, USER_ID } from "../../support/job-examples.ts";

const jobs = [
  jobOf({ id: "newest", connectionId: "c1", institutionId: "AU00002" }),
  jobOf({ id: "strange", connectionId: "c1", userId: "somebody-else" }),
  jobOf({ id: "middle", connectionId: "c2" }),
  jobOf({ id: "oldest", phase: "failed" }),
];

/** A list that holds what an index never should: another user's job. */
function listOf(all: readonly Job[]) {
  const asked: object[] = [];
  const jobList: JobList = {
    page: async (userId, { limit, from, wanted }) => {
      asked.push({ userId, limit, from });
      return { jobs: all.filter(wanted), next: "after-oldest" };
    },
  };
  return { asked, jobList };
}

const everything = { connectionId: undefined, institutionId: undefined };

test.each([
  ["all of them", {}, ["newest", "middle", "oldest"]],
  ["those of a connection", { connectionId: "c1" }, ["newest"]],
  ["those at an institution", { institutionId: "AU00000" }, ["middle", "oldest"]],
  ["those of both", { connectionId: "c2", institutionId: "AU00000" }, ["middle"]],
  ["none of a connection at another institution", { connectionId: "c2", institutionId: "AU00002" }, []],
])("a user's jobs, %s, and never another user's", async (_, filter, expected) => {
  const { jobList } = listOf(jobs);
  const request = { userId: USER_ID, limit: 10, from: undefined, ...everything, ...filter };
  const page = await listJobs({ jobList }, request);
  expect(page.jobs.map(({ id }) => id)).toEqual(expected);
});

test("the page and where the next one begins are the list's", async () => {
  const { asked, jobList } = listOf(jobs);
  const request = { userId: USER_ID, limit: 2, from: "somewhere", ...everything };
  expect((await listJobs({ jobList }, request)).next).toBe("after-oldest");
  expect(asked).toEqual([{ userId: USER_ID, limit: 2, from: "somewhere" }]);
});
