import { expect, test } from "vitest";
import type { JobList } from "../../../functions/jobs/domain/ports.ts";
import { listJobs } from "../../../functions/jobs/use-cases/list-jobs.ts";
import { fakePorts } from "../../support/fake-ports.ts";
import { jobOf, USER_ID } from "../../support/job-examples.ts";

const jobs = [
  jobOf({ id: "newest", connectionId: "c1", institutionId: "AU00002" }),
  jobOf({ id: "strange", connectionId: "c1", userId: "somebody-else" }),
  jobOf({ id: "middle", connectionId: "c2" }),
  jobOf({ id: "oldest", phase: "failed" }),
];

/** A list that holds what an index never should: another user's job. */
const jobList: JobList = {
  page: async (_userId, { wanted }) => ({ jobs: jobs.filter(wanted), next: undefined }),
};

const everything = { connectionId: undefined, institutionId: undefined };

test.each([
  ["all of them", {}, ["newest", "middle", "oldest"]],
  ["those of a connection", { connectionId: "c1" }, ["newest"]],
  ["those at an institution", { institutionId: "AU00000" }, ["middle", "oldest"]],
  ["those of both", { connectionId: "c2", institutionId: "AU00000" }, ["middle"]],
  ["none of a connection at another institution", { connectionId: "c2", institutionId: "AU00002" }, []],
])("a user's jobs, %s, and never another user's", async (_, filter, expected) => {
  const request = { userId: USER_ID, limit: 10, from: undefined, ...everything, ...filter };
  const page = await listJobs({ jobList }, request);
  expect(page.jobs.map(({ id }) => id)).toEqual(expected);
});

test("pages follow each other from the place that the one before names", async () => {
  const ports = fakePorts();
  for (const second of [1, 2, 3]) {
    ports.jobs.put(jobOf({ id: `job-${second}`, createdAt: `2026-01-05T09:00:0${second}.000Z` }));
  }
  const request = { userId: USER_ID, limit: 2, ...everything };
  const first = await listJobs(ports, { ...request, from: undefined });
  const second = await listJobs(ports, { ...request, from: first.next });
  expect([first, second].map(({ jobs }) => jobs.map(({ id }) => id))).toEqual([
    ["job-3", "job-2"],
    ["job-1"],
  ]);
  expect(second.next).toBeUndefined();
});
