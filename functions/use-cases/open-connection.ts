import {
  InstitutionUnavailable,
  QueueExhausted,
  UpstreamRefused,
  UpstreamUnavailable,
} from "../domain/errors.ts";
import { INTERNAL_ERROR, isOutage, SERVICE_UNAVAILABLE } from "../domain/failures.ts";
import type { Job } from "../domain/job.ts";
import { unpackLogin } from "../domain/login.ts";
import { orWhenUnavailable } from "../domain/or-when-unavailable.ts";
import { FOLLOW_LIMIT_MS } from "../domain/polling-policy.ts";
import type { Ports } from "../domain/ports.ts";
import { isDue, isExhausted } from "../domain/queue-policy.ts";
import { loginOf } from "../domain/secret-refs.ts";
import { isOverdue, isSettled, mayBeSentAgain } from "../domain/sending.ts";
import type { StepError } from "../domain/steps.ts";
import { findAttempt, type UpstreamJob } from "../domain/upstream-job.ts";
import { findJob } from "./change-job.ts";
import { failJob } from "./fail-job.ts";
import { holdAttempt } from "./hold-attempt.ts";
import { institutionIsDown } from "./institution-is-down.ts";
import { sendAgainAt } from "./send-again-at.ts";

type Deps = Pick<Ports, "clock" | "jobs" | "vault" | "upstream">;

/**
 * Makes one attempt to open the connection upstream: at most one login is sent in it, however often this runs.
 * Throws `InstitutionUnavailable` when the bank is down, `UpstreamUnavailable` when nobody can say whether the login
 * arrived: running this again finds out.
 */
export async function openConnection(deps: Deps, { jobId }: { jobId: string }): Promise<Job> {
  const job = await findJob(deps, jobId);
  if (job.phase === "opening") return reopen(deps, job);
  if (job.phase !== "accepted" && job.phase !== "queued") return job;
  if (isExhausted(job, deps.clock.msUntil)) throw new QueueExhausted();
  if (!isDue(job, deps.clock.msUntil)) throw new InstitutionUnavailable();
  if (job.phase === "queued" && (await isStillDown(deps, job))) return hold(deps, job, job.attempt + 1);
  const attemptAt = deps.clock.now().toISOString();
  const changes = { attempt: job.attempt + 1, attemptAt, sendAgainAt: sendAgainAt(deps) };
  return sendLogin(deps, await deps.jobs.record(job, { event: "attemptStarted", changes }));
}

/** In the queue, an upstream that does not answer is as good as a bank that is down: the next attempt asks again. */
function isStillDown(deps: Deps, job: Job): Promise<boolean> {
  return orWhenUnavailable(institutionIsDown(deps, job), true);
}

/** The login may have been sent before: upstream's own list says whether it was. */
async function reopen(deps: Deps, job: Job): Promise<Job> {
  if (isOverdue(job, deps.clock.msUntil)) return lookOnceMore(deps, job);
  const found = await findSent(deps, job);
  if (found !== undefined) return recordOpened(deps, job, found.id);
  if (!mayBeSentAgain(job, deps.clock.now())) throw new UpstreamUnavailable({ mayStillArrive: true });
  return sendLogin(deps, await notePosting(deps, job, sendAgainAt(deps)));
}

/** The attempt has gone on for too long: its login is looked for, and not sent any more. */
async function lookOnceMore(deps: Deps, job: Job): Promise<Job> {
  const found = await orWhenUnavailable(findSent(deps, job), undefined);
  if (found !== undefined) return recordOpened(deps, job, found.id);
  return job.queue === undefined ? failJob(deps, job, SERVICE_UNAVAILABLE) : hold(deps, job, job.attempt);
}

async function findSent(deps: Deps, job: Job): Promise<UpstreamJob | undefined> {
  const { userId, institutionId, knownUpstreamJobIds, createdAt, attemptAt: startedAt = createdAt } = job;
  const listed = await deps.upstream.jobsOf(userId);
  return findAttempt(listed, { institutionId, startedAt, knownUpstreamJobIds });
}

async function sendLogin(deps: Deps, job: Job): Promise<Job> {
  const packed = await deps.vault.reveal(loginOf(job));
  if (packed === undefined) return failJob(deps, job, INTERNAL_ERROR);
  let upstreamJobId: string;
  try {
    const opened = await deps.upstream.openConnection(job.userId, job.institutionId, unpackLogin(packed));
    upstreamJobId = opened.upstreamJobId;
  } catch (error) {
    if (error instanceof UpstreamRefused) return refused(deps, job, error.problem);
    // What may still be on its way left later than the time was noted: a token may have been traded first.
    await notePosting(deps, job, isSettled(error) ? undefined : sendAgainAt(deps));
    throw error;
  }
  return recordOpened(deps, job, upstreamJobId);
}

async function refused(deps: Deps, job: Job, problem: StepError): Promise<Job> {
  if (!isOutage(problem.code)) return failJob(deps, job, problem);
  if (await institutionIsDown(deps, job)) return hold(deps, job, job.attempt);
  await notePosting(deps, job, undefined);
  throw new UpstreamUnavailable();
}

async function hold(deps: Deps, job: Job, attempt: number): Promise<never> {
  await holdAttempt(deps, job, attempt);
  throw new InstitutionUnavailable();
}

function notePosting(deps: Deps, job: Job, again: string | undefined): Promise<Job> {
  return deps.jobs.record(job, { event: "loginPosting", changes: { sendAgainAt: again } });
}

async function recordOpened(deps: Deps, job: Job, upstreamJobId: string): Promise<Job> {
  const followUntil = deps.clock.after(FOLLOW_LIMIT_MS).toISOString();
  const changes = { upstreamJobId, followUntil, sendAgainAt: undefined };
  return deps.jobs.record(job, { event: "connectionOpened", changes });
}
