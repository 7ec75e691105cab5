import { describe, expect, test } from "vitest";
import type { TokenClaims } from "../../functions/access/caller.ts";
import type { JobList } from "../../functions/jobs/domain/ports.ts";
import { Refusal } from "../../functions/jobs/domain/refusal.ts";
import { listJobs } from "../../functions/jobs/use-cases/list-jobs.ts";
import { readJob } from "../../functions/jobs/use-cases/read-job.ts";
import { fakePorts } from "../support/fake-ports.ts";
import { JOB_ID, jobOf, USER_ID } from "../support/job-examples.ts";
import { caller } from "../support/use-case-worlds.ts";

describe("reading a job", () => {
  function read(jobId: string, by: TokenClaims) {
    const ports = fakePorts();
    ports.jobs.put(jobOf());
    return readJob(ports, { jobId, caller: by });
  }

  test.each([
    [caller],
    [{ scope: "SERVER_ACCESS", version: "2.0" }],
    [{ scope: "CLIENT_ACCESS", version: "2.1" }],
  ] as const)("returns it to %j", async (by) => {
    expect(await read(JOB_ID, by)).toEqual(jobOf());
  });

  test("refuses another user's job and a missing job in the same way", async () => {
    const refusal = (jobId: string, by: TokenClaims) => read(jobId, by).catch((error: unknown) => error);
    const others = await refusal(JOB_ID, { ...caller, userId: "other" });
    expect(others).toBeInstanceOf(Refusal);
    expect(others).toMatchObject({ problems: [{ reason: "job-not-found" }] });
    expect(await refusal("none", caller)).toEqual(others);
  });
});

describe("listing jobs", () => {
  const jobs = [
    jobOf({ id: "newest", connectionId: "c1", institutionId: "AU00002" }),
    jobOf({ id: "strange", connectionId: "c1", userId: "somebody-else" }),
    // Ids are lower-cased where they come in. This row is older than that.
    jobOf({ id: "middle", connectionId: "C2", userId: USER_ID.toUpperCase() }),
    jobOf({ id: "dropped", isDropped: "unless-repeated" }),
    jobOf({ id: "oldest", phase: "failed" }),
  ];
  /** A list with another user's job, which an index should never return. */
  const jobList: JobList = {
    page: async (userIds, { limit, from, wanted }) => ({
      jobs: jobs.filter(wanted),
      next: `${userIds} ${limit} after ${from}`,
    }),
  };

  test.each([
    ["all jobs", {}, ["newest", "middle", "oldest"]],
    ["the jobs of a connection", { connectionId: "c1" }, ["newest"]],
    ["the jobs at an institution", { institutionId: "AU00000" }, ["middle", "oldest"]],
    ["the jobs of both", { connectionId: "c2", institutionId: "AU00000" }, ["middle"]],
    ["no job", { connectionId: "c2", institutionId: "AU00002" }, []],
  ])("returns %s of the user, and never another user's", async (_, filter, expected) => {
    const everything = { connectionId: undefined, institutionId: undefined };
    const request = {
      userId: USER_ID,
      writtenUserId: "EA3A81",
      limit: 10,
      from: "place",
      ...everything,
      ...filter,
    };
    const page = await listJobs({ jobList }, request);
    expect(page.jobs.map(({ id }) => id)).toEqual(expected);
    expect(page.next).toBe("ea3a81,EA3A81 10 after place");
  });
});
