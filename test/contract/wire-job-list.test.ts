import { describe, expect, test } from "vitest";
import { jobListReply, stubListReply } from "../../functions/http/reply-schemas.ts";
import { renderJob, renderJobList, renderStubs } from "../../functions/jobs/api/replies.ts";
import { awaitingJob, followingJob, JOB_ID, jobOf, USER_ID } from "../support/job-examples.ts";

const api = "https://api.example.com";
const options = { apiUrl: api, stepResults: "object" } as const;
const list = `${api}/users/${USER_ID}/jobs`;
const nothing = { filter: undefined, limit: undefined, next: undefined };
const place = `2026-01-05T09:00:00.000Z_${JOB_ID}`;
const queue = { nextAttemptAt: "2026-01-05T11:00:00.123Z", expiresAt: "2026-01-12T09:00:00.999Z" };

describe("a page of jobs", () => {
  test("holds each as it is by itself, with its institution", () => {
    const jobs = [
      awaitingJob(),
      followingJob({ connectionId: "8fce3b" }),
      jobOf({ phase: "queued", attempt: 3, queue }),
    ];
    const reply = renderJobList({ jobs, next: undefined }, USER_ID, nothing, options);
    expect(reply).toEqual({
      type: "list",
      size: 3,
      data: jobs.map((job) => ({
        ...renderJob(job, options),
        institution: {
          type: "institution",
          id: job.institutionId,
          links: { self: `${api}/institutions/${job.institutionId}` },
        },
      })),
      links: { self: list },
    });
    jobListReply.parse(JSON.parse(JSON.stringify(reply)));
  });

  test("may be empty", () => {
    const reply = renderJobList({ jobs: [], next: undefined }, USER_ID, nothing, options);
    expect(reply).toEqual({ type: "list", size: 0, data: [], links: { self: list } });
  });

  test("wraps results where the deployment says so", () => {
    const page = { jobs: [awaitingJob()], next: undefined };
    const [job] = renderJobList(page, USER_ID, nothing, { ...options, stepResults: "list" }).data;
    expect(job?.steps[1]?.result).toEqual([expect.objectContaining({ type: "mfa" })]);
  });

  test("names itself as it was asked for, and the next one likewise", () => {
    const asked = { filter: "connection.id.eq('8fce3b')", limit: "25", next: place };
    const { links } = renderJobList({ jobs: [jobOf()], next: "later" }, USER_ID, asked, options);
    const [self, next] = [links.self, links.next ?? ""].map((link) => new URL(link));
    expect([self?.pathname, next?.pathname]).toEqual([`/users/${USER_ID}/jobs`, `/users/${USER_ID}/jobs`]);
    expect(Object.fromEntries(self?.searchParams ?? [])).toEqual(asked);
    expect(Object.fromEntries(next?.searchParams ?? [])).toEqual({ ...asked, next: "later" });
  });

  test("names a next one only where there is one, and nothing that was not asked for", () => {
    const page = { jobs: [jobOf()], next: place };
    expect(renderJobList(page, USER_ID, { ...nothing, limit: "1" }, options).links).toEqual({
      self: `${list}?limit=1`,
      next: `${list}?limit=1&next=${encodeURIComponent(place)}`,
    });
    const last = renderJobList({ ...page, next: undefined }, USER_ID, { ...nothing, next: place }, options);
    expect(last.links).toEqual({ self: `${list}?next=${encodeURIComponent(place)}` });
  });
});

test("jobs that were started together are a list of their stubs", () => {
  const reply = renderStubs([jobOf(), jobOf()], options);
  const stub = { type: "job", id: JOB_ID, links: { self: `${api}/jobs/${JOB_ID}` } };
  expect(reply).toEqual({ type: "list", data: [stub, stub] });
  stubListReply.parse(JSON.parse(JSON.stringify(reply)));
});
