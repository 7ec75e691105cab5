import { UpstreamRefused, UpstreamUnavailable } from "../domain/errors.ts";
import {
  INTERNAL_ERROR,
  isOutage,
  LOGIN_REFUSED,
  SERVICE_UNAVAILABLE,
  TEMPORARY_UNAVAILABLE,
} from "../domain/failures.ts";
import { type Job, kindOf } from "../domain/job.ts";
import { orWhenUnavailable } from "../domain/or-when-unavailable.ts";
import type { Ports } from "../domain/ports.ts";
import { isDue, isExhausted, mayBeHeld, needsTheUser } from "../domain/queue.ts";
import { isOverdue, isSettled, mayBeBlip, mayBeSentAgain } from "../domain/sending.ts";
import { failCurrentStep, type StepError } from "../domain/steps.ts";
import { findAttempt, type ListedJob } from "../domain/upstream-job.ts";
import { findJob } from "./change-job.ts";
import { failJob } from "./fail-job.ts";
import { holdAttempt } from "./hold-attempt.ts";
import { institutionIsDown } from "./institution-is-down.ts";
import { lookUpstream } from "./look-upstream.ts";
import { noteVerdict } from "./note-verdict.ts";
import { postAttempt } from "./post-attempt.ts";
import { sendAgainAt } from "./send-again-at.ts";

type Deps = Pick<Ports, "clock" | "jobs" | "vault" | "upstream" | "refusedLogins" | "policy">;

/**
 * Makes one attempt to open the connection upstream, unless the job waits for a later one: at most one login is sent in it,
 * however often this runs. Throws `UpstreamUnavailable` when nobody can say whether the login arrived: running this again
 * finds out.
 */
export async function openConnection(deps: Deps, { jobId }: { jobId: string }): Promise<Job> {
  return openFound(deps, await findJob(deps, jobId));
}

/** The same of a job as it was just read. */
export async function openFound(deps: Deps, job: Job): Promise<Job> {
  if (job.phase === "opening") return reopen(deps, job);
  if (job.phase !== "accepted" && job.phase !== "queued") return job;
  if (isExhausted(job, deps.clock.msUntil)) return failJob(deps, job, TEMPORARY_UNAVAILABLE);
  if (!isDue(job, deps.clock.msUntil)) return job;
  return job.queue === undefined ? startAttempt(deps, job) : startAgain(deps, job);
}

async function startAttempt(deps: Deps, job: Job): Promise<Job> {
  const attemptAt = deps.clock.now().toISOString();
  const changes = { attempt: job.attempt + 1, attemptAt, sendAgainAt: sendAgainAt(deps) };
  return send(deps, await deps.jobs.record(job, { event: "attemptStarted", changes }));
}

/**
 * A further attempt. No login is sent to a bank that its record says is down, and none that makes the bank send a code to
 * nobody. One that somebody has asked for does not count until then.
 */
async function startAgain(deps: Deps, job: Job): Promise<Job> {
  const isAskedFor = job.phase === "accepted";
  const attempt = isAskedFor ? job.attempt : job.attempt + 1;
  if (job.queue?.isUpstreams && job.upstreamJobId !== undefined) {
    return lookUpstream(deps, job, job.upstreamJobId, attempt);
  }
  if (await isStillDown(deps, job)) return holdAttempt(deps, job, { attempt });
  if (!isAskedFor && needsTheUser(job)) {
    return holdAttempt(deps, job, { attempt, reason: "ready-for-user" });
  }
  return startAttempt(deps, job);
}

/** An upstream that does not answer is as good as a bank that is down: the next attempt asks again. */
function isStillDown(deps: Deps, job: Job): Promise<boolean> {
  return orWhenUnavailable(institutionIsDown(deps, job), true);
}

/** The login may have been sent before: upstream's own list says whether it was. */
async function reopen(deps: Deps, job: Job): Promise<Job> {
  if (await wasRefused(deps, job)) return failJob(deps, job, LOGIN_REFUSED);
  if (isOverdue(job, deps.clock.msUntil)) return lookOnceMore(deps, job);
  // A reply that was long on its way says nothing of what has arrived since.
  const lookedAt = deps.clock.now();
  const found = await findSent(deps, job);
  if (found !== undefined) return recordOpened(deps, job, found.id);
  if (!mayBeSentAgain(job, lookedAt)) throw new UpstreamUnavailable({ mayStillArrive: true });
  return send(deps, await notePosting(deps, job, sendAgainAt(deps)));
}

/** Upstream keeps no job for a login that it refused at once: that it did is noted before the row says so. */
async function wasRefused({ refusedLogins }: Deps, { id, userId, institutionId }: Job): Promise<boolean> {
  const noted = await refusedLogins.find(userId, institutionId);
  return noted?.jobIds.includes(id) ?? false;
}

/** The attempt has gone on for too long: its login is looked for, and not sent any more. */
async function lookOnceMore(deps: Deps, job: Job): Promise<Job> {
  const found = await orWhenUnavailable(findSent(deps, job), undefined);
  if (found !== undefined) return recordOpened(deps, job, found.id);
  return job.queue === undefined
    ? failJob(deps, job, SERVICE_UNAVAILABLE)
    : holdAttempt(deps, job, { attempt: job.attempt });
}

async function findSent(deps: Deps, job: Job): Promise<ListedJob | undefined> {
  const { userId, institutionId, knownUpstreamJobIds, createdAt, attemptAt: startedAt = createdAt } = job;
  const connectionId = kindOf(job) === "create" ? undefined : job.connectionId;
  const listed = await deps.upstream.jobsOf(userId, connectionId).catch(asUnavailable);
  return findAttempt(listed, { institutionId, startedAt, knownUpstreamJobIds, connectionId });
}

/** A list that is refused says of no login whether it arrived. */
function asUnavailable(error: unknown): never {
  throw error instanceof UpstreamRefused ? new UpstreamUnavailable() : error;
}

async function send(deps: Deps, job: Job): Promise<Job> {
  let upstreamJobId: string | undefined;
  try {
    upstreamJobId = await postAttempt(deps, job);
  } catch (error) {
    if (error instanceof UpstreamRefused) return refused(deps, job, error.problem);
    // What may still be on its way left later than the time was noted: a token may have been traded first.
    await notePosting(deps, job, isSettled(error) ? undefined : sendAgainAt(deps));
    throw error;
  }
  return upstreamJobId === undefined
    ? failJob(deps, job, INTERNAL_ERROR)
    : recordOpened(deps, job, upstreamJobId);
}

async function refused(deps: Deps, job: Job, problem: StepError): Promise<Job> {
  if (!isOutage(problem.code) || !mayBeHeld(job, deps.policy)) {
    await noteVerdict(deps, job, failCurrentStep(job.steps, problem));
    return failJob(deps, job, problem);
  }
  // A gateway that restarts must not cost the user two hours.
  const isBlip = mayBeBlip(job, deps.clock.msUntil) && !(await isStillDown(deps, job));
  if (!isBlip) return holdAttempt(deps, job, { attempt: job.attempt });
  // What upstream has refused was a try too: the next one is counted for itself.
  const changes = { attempt: job.attempt + 1, sendAgainAt: undefined };
  await deps.jobs.record(job, { event: "loginPosting", changes });
  throw new UpstreamUnavailable();
}

function notePosting(deps: Deps, job: Job, again: string | undefined): Promise<Job> {
  return deps.jobs.record(job, { event: "loginPosting", changes: { sendAgainAt: again } });
}

async function recordOpened(deps: Deps, job: Job, upstreamJobId: string): Promise<Job> {
  const followUntil = deps.clock.after(deps.policy.followLimitMs).toISOString();
  const changes = { upstreamJobId, followUntil, sendAgainAt: undefined };
  return deps.jobs.record(job, { event: "connectionOpened", changes });
}
