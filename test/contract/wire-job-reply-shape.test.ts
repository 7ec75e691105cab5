import { describe, expect, test } from "vitest";
import { jobReply, jobReplyInLists } from "../../functions/http/reply-schemas.ts";
import { renderJob } from "../../functions/jobs/api/replies.ts";
import type { Job } from "../../functions/jobs/domain/job.ts";
import { awaitingJob, followingJob, jobOf, stepsOf, USER_ID } from "../support/job-examples.ts";

const asObject = { apiUrl: "https://api.example.com", stepResults: "object" } as const;
const asList = { ...asObject, stepResults: "list" } as const;

/** What is left of a reply on its way to the client. */
const sent = (body: unknown): unknown => JSON.parse(JSON.stringify(body));

const connection = { type: "link", url: `/users/${USER_ID}/connections/8fce3b` } as const;
const queue = { nextAttemptAt: "2026-01-05T11:00:00.123Z", expiresAt: "2026-01-12T09:00:00.999Z" };
const locked = { code: "invalid-credentials", title: "Cannot login", detail: "Account is locked" };

const examples: [string, Job][] = [
  ["accepted", jobOf({ createdAt: "2026-01-05T09:00:00.987Z", updatedAt: "2026-01-05T09:00:01.987Z" })],
  ["followed", followingJob({ connectionId: "8fce3b" })],
  ["waiting for an answer", awaitingJob()],
  ["challenged and not shown yet", awaitingJob({ phase: "challenged" })],
  ["queued", jobOf({ phase: "queued", attempt: 3, queue })],
  [
    "failed",
    jobOf({ phase: "failed", steps: [{ title: "verify-credentials", status: "failed", result: locked }] }),
  ],
  [
    "succeeded",
    jobOf({
      phase: "succeeded",
      connectionId: "8fce3b",
      steps: [
        { title: "verify-credentials", status: "success", result: connection },
        ...stepsOf({ "mfa-challenge": "skipped" }),
      ],
    }),
  ],
];

describe.each(examples)("a job that is %s", (_, job) => {
  test("has the published shape, and nothing of ours inside", () => {
    jobReply.parse(sent(renderJob(job, asObject)));
    jobReplyInLists.parse(sent(renderJob(job, asList)));
  });

  test("is dated without fractions", () => {
    const { created, updated } = renderJob(job, asObject);
    expect(created).toBe("2026-01-05T09:00:00Z");
    expect(updated).toBe(`${job.updatedAt.slice(0, 19)}Z`);
  });
});
