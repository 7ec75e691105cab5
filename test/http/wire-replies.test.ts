import { describe, expect, test } from "vitest";
import { renderToken } from "../../functions/access/token-request.ts";
import {
  jobListReply,
  jobReply,
  jobReplyInLists,
  stubListReply,
} from "../../functions/http/reply-schemas.ts";
import { renderAccepted, renderJob, renderJobList, renderStubs } from "../../functions/jobs/api/replies.ts";
import type { Job } from "../../functions/jobs/domain/job.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { awaitingJob, followingJob, JOB_ID, jobOf, stepsOf, USER_ID } from "../support/job-examples.ts";

const api = "https://api.example.com";
const asObject = { apiUrl: api, stepResults: "object" } as const;
const asList = { apiUrl: api, stepResults: "list" } as const;
const self = `${api}/jobs/${JOB_ID}`;
const stub = { type: "job", id: JOB_ID, links: { self } };

const connection = { type: "link", url: `/users/${USER_ID}/connections/8fce3b` } as const;
const queue = { nextAttemptAt: "2026-01-05T11:00:00.123Z", expiresAt: "2026-01-12T09:00:00.999Z" };
const locked = { code: "invalid-credentials", title: "Cannot login", detail: "Account is locked" };
const queuedJob = (changes: Partial<Job> = {}) => jobOf({ phase: "queued", attempt: 3, queue, ...changes });

/** The part of a reply that the client receives. */
const sent = (body: unknown): unknown => JSON.parse(JSON.stringify(body));

describe("the reply of a job", () => {
  const steps: Job["steps"] = [
    { title: "verify-credentials", status: "success", result: connection },
    { title: "retrieve-accounts", status: "failed", result: locked },
    { title: "retrieve-transactions", status: "pending", result: null },
  ];

  test.each<[string, Job]>([
    ["accepted", jobOf({ createdAt: "2026-01-05T09:00:00.987Z", updatedAt: "2026-01-05T09:00:01.987Z" })],
    ["followed", followingJob({ connectionId: "8fce3b" })],
    ["waiting for an answer", awaitingJob()],
    ["challenged and not shown yet", awaitingJob({ phase: "challenged" })],
    ["queued", queuedJob()],
    ["failed", jobOf({ phase: "failed", steps })],
    [
      "succeeded",
      jobOf({ phase: "succeeded", steps: [...steps, ...stepsOf({ "mfa-challenge": "skipped" })] }),
    ],
  ])("that is %s has the published fields only, and times without fractions", (_, job) => {
    const { created, updated } = jobReply.parse(sent(renderJob(job, asObject)));
    expect([created, updated]).toEqual(["2026-01-05T09:00:00Z", `${job.updatedAt.slice(0, 19)}Z`]);
    jobReplyInLists.parse(sent(renderJob(job, asList)));
  });

  test("has absolute links, with the source once the connection is known", () => {
    expect(renderJob(jobOf(), asObject).links).toStrictEqual({ self });
    const source = `${api}/users/${USER_ID}/connections/8fce3b`;
    const { links } = renderJob(followingJob({ connectionId: "8fce3b" }), asObject);
    expect(links).toStrictEqual({ self, source });
  });

  test("never names the job at the aggregator", () => {
    const job = followingJob({ upstreamJobId: "upstream-secret", knownUpstreamJobIds: ["upstream-other"] });
    expect(JSON.stringify(renderJob(job, asObject))).not.toContain("upstream");
  });

  test("has results as objects, and links in lists where the deployment says so", () => {
    const results = (options: typeof asObject | typeof asList) =>
      renderJob(jobOf({ phase: "failed", steps }), options).steps.map(({ result }) => result);
    const shown = { ...locked, details: locked.detail };
    expect(results(asObject)).toEqual([connection, shown, null]);
    expect(results(asList)).toEqual([[connection], shown, null]);
  });

  test("has a challenge as the step's result while it can be answered", () => {
    const challenge = {
      type: "mfa",
      method: "token",
      description: "A code was sent to you",
      input: ["OTP Password"],
      expiryMs: 120_000,
      expiresAt: "2026-01-05T09:02:00Z",
      links: { response: `${self}/mfa` },
    };
    expect(renderJob(awaitingJob(), asObject).steps[1]?.result).toEqual(challenge);
    expect(renderJob(awaitingJob(), asList).steps[1]?.result).toEqual([challenge]);
    for (const phase of ["challenged", "answered", "sending-answer", "following", "failed"] as const) {
      expect(renderJob(awaitingJob({ phase }), asObject).steps[1]?.result).toBeNull();
    }
  });
});

describe("the reply of a queued job", () => {
  // The journeys compare the words for each reason.
  test("has the published result in its first step", () => {
    const [first, ...later] = renderJob(queuedJob(), asObject).steps;
    const detail = "3rd party service temporary unavailable. Job queued, retry in 2 hours.";
    expect(first).toEqual({
      title: "verify-credentials",
      status: "pending",
      result: {
        code: "temporary-unavailable-queued",
        title: "Institution temporary unavailable, retry pending",
        detail,
        details: detail,
        attempt: 3,
        attemptsLeft: 82,
        nextAttemptAt: "2026-01-05T11:00:00Z",
        expiresAt: "2026-01-12T09:00:00Z",
      },
    });
    expect(later.every((step) => step.result === null)).toBe(true);
    expect(renderJob(queuedJob(), asList).steps[0]).toEqual(first);
  });

  test("has one attempt left before the last one, in the aggregator's queue as well", () => {
    const job = queuedJob({ attempt: 84, queue: { ...queue, isUpstreams: true } });
    expect(renderJob(job, asObject).steps[0]?.result).toMatchObject({ attempt: 84, attemptsLeft: 1 });
  });

  test("has no such result once the job left the queue", () => {
    expect(renderJob(followingJob({ queue }), asObject).steps[0]?.result).toBeNull();
  });
});

describe("the reply to a request for a job", () => {
  test("is 202 with a stub for a new job, and 200 with the whole job for a job that exists", () => {
    const created = renderAccepted({ isNew: true, job: jobOf() }, asObject);
    expect(created).toMatchObject({ status: 202, body: stub });
    expect(Object.keys(created.body).toSorted()).toEqual(Object.keys(stub).toSorted());
    const found = renderAccepted({ isNew: false, job: jobOf() }, asObject);
    expect(found).toMatchObject({ status: 200, body: stub });
    expect(found.body).toEqual(renderJob(jobOf(), asObject));
  });

  test("for several jobs at once is a list of their stubs", () => {
    const reply = renderStubs([jobOf(), jobOf({ authorization: "user-mfa" })], asObject);
    const data = [
      { ...stub, asksUser: "never" },
      { ...stub, asksUser: "always" },
    ];
    expect(reply).toEqual({ type: "list", data });
    stubListReply.parse(sent(reply));
  });
});

describe("a page of jobs", () => {
  const list = `${api}/users/${USER_ID}/jobs`;
  const nothing = { filter: undefined, limit: undefined, next: undefined };
  const cursor = `2026-01-05T09:00:00.000Z_${JOB_ID}`;

  test("has each job as in its own reply, with its institution", () => {
    const jobs = [awaitingJob(), followingJob({ connectionId: "8fce3b" }), queuedJob()];
    for (const options of [asObject, asList]) {
      const reply = renderJobList({ jobs, next: undefined }, USER_ID, nothing, options);
      const data = jobs.map((job) => ({
        ...renderJob(job, options),
        institution: {
          type: "institution",
          id: job.institutionId,
          links: { self: `${api}/institutions/${job.institutionId}` },
        },
      }));
      expect(reply).toEqual({ type: "list", size: 3, data, links: { self: list } });
    }
    jobListReply.parse(sent(renderJobList({ jobs, next: undefined }, USER_ID, nothing, asObject)));
  });

  test("may be empty", () => {
    const reply = renderJobList({ jobs: [], next: undefined }, USER_ID, nothing, asObject);
    expect(reply).toEqual({ type: "list", size: 0, data: [], links: { self: list } });
  });

  test("links to itself as it was requested, and to a next page where there is one", () => {
    const asked = { filter: "connection.id.eq('8fce3b')", limit: "25", next: cursor };
    const { links } = renderJobList({ jobs: [jobOf()], next: "later" }, USER_ID, asked, asObject);
    const [here, next] = [links.self, links.next ?? ""].map((link) => new URL(link));
    expect([here?.pathname, next?.pathname]).toEqual(Array(2).fill(`/users/${USER_ID}/jobs`));
    expect(Object.fromEntries(here?.searchParams ?? [])).toEqual(asked);
    expect(Object.fromEntries(next?.searchParams ?? [])).toEqual({ ...asked, next: "later" });
    const last = { jobs: [jobOf()], next: undefined };
    expect(renderJobList(last, USER_ID, { ...nothing, next: cursor }, asObject).links).toEqual({
      self: `${list}?next=${encodeURIComponent(cursor)}`,
    });
  });
});

test("the reply to a request for a token has the published fields, with the token in clear", () => {
  expect(renderToken({ accessToken: new Secret("jwt"), expiresInSeconds: 3600 })).toEqual({
    access_token: "jwt",
    token_type: "Bearer",
    expires_in: 3600,
  });
});
