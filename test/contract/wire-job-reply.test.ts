import { describe, expect, test } from "vitest";
import { renderToken } from "../../functions/access/token-request.ts";
import { renderAccepted, renderJob, renderJobStub } from "../../functions/jobs/api/replies.ts";
import type { Job } from "../../functions/jobs/domain/job.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { awaitingJob, followingJob, JOB_ID, jobOf, USER_ID } from "../support/job-examples.ts";

const api = "https://api.example.com";
const asObject = { apiUrl: api, stepResults: "object" } as const;
const asList = { apiUrl: api, stepResults: "list" } as const;
const self = `${api}/jobs/${JOB_ID}`;

const connection = { type: "link", url: `/users/${USER_ID}/connections/8fce3b` } as const;
const queue = { nextAttemptAt: "2026-01-05T11:00:00.123Z", expiresAt: "2026-01-12T09:00:00.999Z" };
const locked = { code: "invalid-credentials", title: "Cannot login", detail: "Account is locked" };

describe("links", () => {
  test("are absolute, and the source is absent until it is known", () => {
    expect(renderJob(jobOf(), asObject).links).toStrictEqual({ self });
    expect(renderJob(followingJob({ connectionId: "8fce3b" }), asObject).links).toEqual({
      self,
      source: `${api}/users/${USER_ID}/connections/8fce3b`,
    });
  });

  test("never name upstream's job", () => {
    const job = followingJob({ upstreamJobId: "upstream-secret", knownUpstreamJobIds: ["upstream-other"] });
    expect(JSON.stringify(renderJob(job, asObject))).not.toContain("upstream");
  });
});

describe("results", () => {
  const steps: Job["steps"] = [
    { title: "verify-credentials", status: "success", result: connection },
    { title: "retrieve-accounts", status: "failed", result: locked },
    { title: "retrieve-transactions", status: "pending", result: null },
  ];
  const job = jobOf({ phase: "failed", steps });
  const results = (options: typeof asObject | typeof asList) =>
    renderJob(job, options).steps.map(({ result }) => result);

  test("are objects or null", () => {
    expect(results(asObject)).toEqual([connection, locked, null]);
  });

  test("of links alone are lists where the deployment says so", () => {
    expect(results(asList)).toEqual([[connection], locked, null]);
  });
});

describe("a challenge", () => {
  const shown = {
    type: "mfa",
    method: "token",
    description: "A code was sent to you",
    input: ["OTP Password"],
    expiryMs: 120_000,
    expiresAt: "2026-01-05T09:02:00Z",
    links: { response: `${self}/mfa` },
  };

  test("is the step's result while it can be answered", () => {
    expect(renderJob(awaitingJob(), asObject).steps[1]?.result).toEqual(shown);
    expect(renderJob(awaitingJob(), asList).steps[1]?.result).toEqual([shown]);
  });

  test.each(["challenged", "answered", "sending-answer", "following", "failed"] as const)(
    "is not shown in %s",
    (phase) => {
      expect(renderJob(awaitingJob({ phase }), asObject).steps[1]?.result).toBeNull();
    },
  );
});

test("a queued job says so in the published words, and how long it will be", () => {
  const step = renderJob(jobOf({ phase: "queued", attempt: 3, queue }), asObject).steps[0];
  expect(step).toEqual({
    title: "verify-credentials",
    status: "pending",
    result: {
      code: "temporary-unavailable-queued",
      title: "Institution temporary unavailable, retry pending",
      detail: "3rd party service temporary unavailable. Job queued, retry in 2 hours.",
      attempt: 3,
      attemptsLeft: 82,
      nextAttemptAt: "2026-01-05T11:00:00Z",
      expiresAt: "2026-01-12T09:00:00Z",
    },
  });
  const list = renderJob(jobOf({ phase: "queued", attempt: 3, queue }), asList).steps[0];
  expect(list).toEqual(step);
});

test.each([
  [undefined, "3rd party service temporary unavailable. Job queued, retry in 2 hours."],
  ["institution-unavailable", "3rd party service temporary unavailable. Job queued, retry in 2 hours."],
  ["challenge-not-answered", "The MFA challenge was not answered in time. Job queued, retry in 2 hours."],
  [
    "ready-for-user",
    "The institution is available again. Job queued, ready for the user: it will ask for an MFA response once the job is resumed.",
  ],
] as const)("a queued job says what it waits for: %s", (reason, detail) => {
  const job = jobOf({ phase: "queued", attempt: 3, queue: { ...queue, reason, unanswered: 1 } });
  const [{ result } = { result: null }, ...later] = renderJob(job, asObject).steps;
  expect(result).toMatchObject({ code: "temporary-unavailable-queued", detail, attemptsLeft: 82 });
  expect(later.every((step) => step.result === null)).toBe(true);
});

test("a job that upstream holds says the same of its last attempt but one", () => {
  const job = jobOf({ phase: "queued", attempt: 84, queue: { ...queue, isUpstreams: true } });
  expect(renderJob(job, asObject).steps[0]?.result).toMatchObject({ attempt: 84, attemptsLeft: 1 });
});

test("a job that left the queue does not speak of it any more", () => {
  expect(renderJob(followingJob({ queue }), asObject).steps[0]?.result).toBeNull();
});

describe("the reply to a request for a job", () => {
  const stub = { type: "job", id: JOB_ID, links: { self } };

  test("is 202 and a stub for a new one", () => {
    expect(renderJobStub(jobOf(), asObject)).toEqual(stub);
    expect(renderAccepted({ isNew: true, job: jobOf() }, asObject)).toMatchObject({
      status: 202,
      body: stub,
    });
  });

  test("is 200 and the whole job, which holds the stub, for one that is there", () => {
    const { status: code, body } = renderAccepted({ isNew: false, job: jobOf() }, asObject);
    expect(code).toBe(200);
    expect(body).toEqual(renderJob(jobOf(), asObject));
    expect(body).toMatchObject(stub);
  });
});

test("a token's reply has the published fields, and it is the one place where the token is shown", () => {
  expect(renderToken({ accessToken: new Secret("jwt"), expiresInSeconds: 3600 })).toEqual({
    access_token: "jwt",
    token_type: "Bearer",
    expires_in: 3600,
  });
});
