import type { Challenge, Job } from "../domain/job.ts";
import { MAX_ATTEMPTS } from "../domain/queue-policy.ts";
import { MFA_CHALLENGE, type Step, VERIFY_CREDENTIALS } from "../domain/steps.ts";

export interface JobReplyOptions {
  /** Where our API answers, without a trailing slash. */
  apiUrl: string;
  /** `list` wraps link and MFA results in a one-element list, for programs written from the published prose. */
  stepResults: "object" | "list";
}

/** The 202 body: what a job is called and where it is read. */
export function renderJobStub(job: Job, { apiUrl }: JobReplyOptions) {
  return { type: "job", id: job.id, links: { self: `${apiUrl}/jobs/${job.id}` } };
}

/** A new job is 202 and its stub; one that was there already is 200 and the whole of it. */
export function renderAccepted({ isNew, job }: { isNew: boolean; job: Job }, options: JobReplyOptions) {
  return isNew
    ? { status: 202, body: renderJobStub(job, options), jobId: job.id }
    : { status: 200, body: renderJob(job, options), jobId: job.id };
}

export function renderJob(job: Job, options: JobReplyOptions) {
  const { apiUrl } = options;
  const source =
    job.connectionId === undefined
      ? {}
      : { source: `${apiUrl}/users/${job.userId}/connections/${job.connectionId}` };
  return {
    type: "job",
    id: job.id,
    created: timestamp(job.createdAt),
    updated: timestamp(job.updatedAt),
    jobType: "connection",
    steps: job.steps.map((step) => renderStep(job, step, options)),
    links: { self: `${apiUrl}/jobs/${job.id}`, ...source },
  };
}

function renderStep(job: Job, step: Step, options: JobReplyOptions) {
  const { title, status } = step;
  const result = specialResult(job, title, options.apiUrl) ?? step.result;
  const isWrapped = options.stepResults === "list" && result !== null && "type" in result;
  return { title, status, result: isWrapped ? [result] : result };
}

/** What a step shows while the job waits, for the user or for the bank. */
function specialResult(job: Job, title: string, apiUrl: string) {
  if (title === MFA_CHALLENGE && job.phase === "awaiting-answer" && job.challenge !== undefined) {
    return renderChallenge(job.challenge, `${apiUrl}/jobs/${job.id}/mfa`);
  }
  if (title === VERIFY_CREDENTIALS && job.phase === "queued" && job.queue !== undefined) {
    return {
      code: "temporary-unavailable-queued",
      title: "Institution temporary unavailable, retry pending",
      detail: "3rd party service temporary unavailable. Job queued, retry in 2 hours.",
      attempt: job.attempt,
      attemptsLeft: MAX_ATTEMPTS - job.attempt,
      nextAttemptAt: timestamp(job.queue.nextAttemptAt),
      expiresAt: timestamp(job.queue.expiresAt),
    };
  }
  return undefined;
}

function renderChallenge({ method, description, input, expiryMs, expiresAt }: Challenge, response: string) {
  return {
    type: "mfa",
    method,
    description,
    input,
    expiryMs,
    ...(expiresAt !== undefined && { expiresAt: timestamp(expiresAt) }),
    links: { response },
  };
}

/** RFC 3339 in UTC, without fractions. */
function timestamp(iso: string): string {
  return `${iso.slice(0, 19)}Z`;
}
