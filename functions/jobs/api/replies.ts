import type {
  JobListReply,
  JobReply,
  StepReply,
  StubListReply,
  StubReply,
} from "../../http/reply-schemas.ts";
import type { Clock } from "../domain/clock.ts";
import { asksUser } from "../domain/institution.ts";
import type { Job, QueueReason } from "../domain/job.ts";
import type { JobsPage } from "../domain/ports.ts";
import { counted, MAX_ATTEMPTS, RETRY_EVERY_SECONDS } from "../domain/queue.ts";
import { type ShownJob, shownChallenge, shownQueue } from "../domain/shown.ts";
import { MFA_CHALLENGE, type Step, VERIFY_CREDENTIALS } from "../domain/steps.ts";

export interface JobReplyOptions {
  /** The base URL of our API, without a trailing slash. */
  apiUrl: string;
  /** `list` wraps link and MFA results in a one-element list, for programs that follow the published prose. */
  stepResults: "object" | "list";
  /** Absent for a job as it was earlier. Otherwise the attempts that are counted from the clock are shown. */
  clock?: Pick<Clock, "now" | "span">;
}

/** Renders the body of a 202: the job's id, and the link for reading the job. */
export function renderJobStub(job: Job, { apiUrl }: JobReplyOptions): StubReply {
  return { type: "job", id: job.id, links: { self: `${apiUrl}/jobs/${job.id}` } };
}

/** Renders a new job as 202 with its stub, and an existing job as 200 with all its fields. */
export function renderAccepted({ isNew, job }: { isNew: boolean; job: Job }, options: JobReplyOptions) {
  return isNew
    ? { status: 202, body: renderJobStub(job, options), jobId: job.id }
    : { status: 200, body: renderJob(job, options), jobId: job.id };
}

/** Renders a list with one stub for each job, which says whether its user has to be there. */
export function renderStubs(jobs: readonly Job[], options: JobReplyOptions): StubListReply {
  return {
    type: "list",
    data: jobs.map((job) => ({ ...renderJobStub(job, options), asksUser: asksUser(job) })),
  };
}

export function renderJob(stored: ShownJob, options: JobReplyOptions): JobReply {
  const { apiUrl, clock } = options;
  const job = clock === undefined ? stored : counted(stored, clock);
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

function renderStep(job: ShownJob, step: Step, options: JobReplyOptions): StepReply {
  const { title, status } = step;
  const waiting = renderChallenge(job, title, options.apiUrl) ?? renderQueue(job, title);
  const result = waiting ?? renderResult(step.result);
  const isWrapped = options.stepResults === "list" && result !== null && "type" in result;
  return isWrapped ? { title, status, result: [result] } : { title, status, result };
}

function renderResult(result: Step["result"]) {
  return result !== null && "code" in result ? { ...result, details: result.detail } : result;
}

function renderChallenge(job: ShownJob, title: string, apiUrl: string) {
  const challenge = title === MFA_CHALLENGE ? shownChallenge(job) : undefined;
  if (challenge === undefined) return undefined;
  const { method, description, input, expiryMs } = challenge;
  const expiresAt = timestamp(challenge.expiresAt);
  const links = { response: `${apiUrl}/jobs/${job.id}/mfa` };
  return { type: "mfa" as const, method, description, input, expiryMs, expiresAt, links };
}

const RETRY = `Job queued, retry in ${RETRY_EVERY_SECONDS / 3600} hours.`;

/** The first text is the published text. */
const QUEUE_DETAILS: { [reason in QueueReason]: string } = {
  "institution-unavailable": `3rd party service temporary unavailable. ${RETRY}`,
  "challenge-not-answered": `The MFA challenge was not answered in time. ${RETRY}`,
  "ready-for-user":
    "The institution is available again. Job queued, ready for the user: it will ask for an MFA response once the job is resumed.",
};

/**
 * Renders the result of the first step while the job is queued. The texts are published; we
 * added the numbers and times.
 */
function renderQueue(job: ShownJob, title: string) {
  const queue = title === VERIFY_CREDENTIALS ? shownQueue(job) : undefined;
  if (queue === undefined) return undefined;
  const detail = QUEUE_DETAILS[queue.reason];
  return {
    code: "temporary-unavailable-queued" as const,
    title: "Institution temporary unavailable, retry pending",
    detail,
    details: detail,
    attempt: job.attempt,
    attemptsLeft: MAX_ATTEMPTS - job.attempt,
    nextAttemptAt: timestamp(queue.nextAttemptAt),
    expiresAt: timestamp(queue.expiresAt),
  };
}

/** Returns RFC 3339 in UTC, without fractions of a second. */
export function timestamp(iso: string): string {
  return `${iso.slice(0, 19)}Z`;
}

export interface AskedFor {
  filter: string | undefined;
  limit: string | undefined;
  /** The cursor at which the page begins. */
  next: string | undefined;
}

/** Renders a page of a user's jobs. Its links repeat the parameters of the request. */
export function renderJobList(
  { jobs, next }: JobsPage,
  userId: string,
  asked: AskedFor,
  options: JobReplyOptions,
): JobListReply {
  const linkTo = (query: AskedFor) => {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) search.set(name, value);
    }
    return `${options.apiUrl}/users/${userId}/jobs${search.size > 0 ? `?${search}` : ""}`;
  };
  return {
    type: "list",
    size: jobs.length,
    data: jobs.map((job) => ({
      ...renderJob(job, options),
      institution: {
        type: "institution",
        id: job.institutionId,
        links: { self: `${options.apiUrl}/institutions/${job.institutionId}` },
      },
    })),
    links: { self: linkTo(asked), ...(next !== undefined && { next: linkTo({ ...asked, next }) }) },
  };
}
