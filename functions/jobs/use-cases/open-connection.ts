import { InstitutionUnavailable, UpstreamRefused, UpstreamUnavailable } from "../domain/errors.ts";
import {
  INTERNAL_ERROR,
  isOutage,
  LOGIN_REFUSED,
  SERVICE_UNAVAILABLE,
  TEMPORARY_UNAVAILABLE,
} from "../domain/failures.ts";
import { isAvailable } from "../domain/institution.ts";
import { type Job, kindOf } from "../domain/job.ts";
import { unpackLogin } from "../domain/login.ts";
import type { Ports } from "../domain/ports.ts";
import {
  type Held,
  holdChange,
  holdUpstreamChange,
  isDue,
  isExhausted,
  mayBeHeld,
  needsTheUser,
} from "../domain/queue.ts";
import { withoutEcho } from "../domain/redaction.ts";
import { loginOf } from "../domain/secret.ts";
import {
  isOverdue,
  isSettled,
  mayBeBlip,
  mayBeSentAgain,
  orWhenUnavailable,
  sendAgainAt,
} from "../domain/sending.ts";
import { failCurrentStep, type StepError } from "../domain/steps.ts";
import { findAttempt, isQueuedUpstream, type ListedJob } from "../domain/upstream-job.ts";
import { findJob } from "./change-job.ts";
import { type EndDeps, failJob, writeChange } from "./end-job.ts";
import { type FollowDeps, type Followed, followFound, noteVerdict } from "./follow-job.ts";

type HoldDeps = EndDeps & Pick<Ports, "clock">;

/** Puts the job in the queue until the next attempt, or ends it when there is none left. */
function holdAttempt(deps: HoldDeps, job: Job, held: Held): Promise<Job> {
  return writeChange(deps, job, holdChange(job, held, deps.clock));
}

/** Leaves the job in upstream's own queue until the next look, or ends it when there is none left. */
function holdUpstream(deps: HoldDeps, job: Job, attempt: number): Promise<Job> {
  return writeChange(deps, job, holdUpstreamChange(job, attempt, deps.clock));
}

type LookDeps = HoldDeps & Pick<Ports, "upstream" | "policy">;

/** Upstream makes the attempts itself: we see whether it still waits. */
async function lookUpstream(deps: LookDeps, job: Job, upstreamJobId: string, attempt: number): Promise<Job> {
  const waits = await orWhenUnavailable(waitsUpstream(deps, upstreamJobId), true);
  if (waits) return holdUpstream(deps, job, attempt);
  const followUntil = deps.clock.after(deps.policy.followLimitMs).toISOString();
  return writeChange(deps, job, { event: "continuedUpstream", changes: { attempt, followUntil } });
}

/** Of a job that upstream does not know any more, whoever follows it decides. */
async function waitsUpstream(deps: LookDeps, upstreamJobId: string): Promise<boolean> {
  try {
    return isQueuedUpstream(await deps.upstream.job(upstreamJobId));
  } catch (error) {
    if (error instanceof UpstreamRefused) return false;
    throw error;
  }
}

/** Posts what the job is for, and gives the id of upstream's job; nothing when the login that it needs is gone. */
async function postAttempt(deps: Pick<Ports, "vault" | "upstream">, job: Job): Promise<string | undefined> {
  const { userId, institutionId, connectionId } = job;
  if (kindOf(job) === "refresh") {
    if (connectionId === undefined) return undefined;
    return (await deps.upstream.refreshConnection(userId, connectionId)).upstreamJobId;
  }
  const packed = await deps.vault.reveal(loginOf(job));
  if (packed === undefined) return undefined;
  const login = unpackLogin(packed);
  const opened =
    kindOf(job) === "update" && connectionId !== undefined
      ? await deps.upstream.updateConnection(userId, connectionId, login)
      : await deps.upstream.openConnection(userId, institutionId, login);
  return opened.upstreamJobId;
}

/** What upstream's record of the institution says at this moment. */
async function institutionIsDown(deps: Pick<Ports, "upstream">, job: Job): Promise<boolean> {
  const institution = await deps.upstream.institution(job.institutionId);
  return institution !== undefined && !isAvailable(institution);
}

type Deps = LookDeps & Pick<Ports, "refusedLogins">;

/**
 * Makes one attempt to open the connection upstream, unless the job waits for a later one: at most one login is sent in it,
 * however often this runs. Throws `UpstreamUnavailable` when nobody can say whether the login arrived: running this again
 * finds out.
 */
export async function openConnection(deps: Deps, { jobId }: { jobId: string }): Promise<Job> {
  return openFound(deps, await findJob(deps, jobId));
}

/** The same of a job as it was just read. */
async function openFound(deps: Deps, job: Job): Promise<Job> {
  if (job.phase === "opening") return reopen(deps, job);
  if (job.phase !== "accepted" && job.phase !== "queued") return job;
  if (isExhausted(job, deps.clock.msUntil)) return failJob(deps, job, TEMPORARY_UNAVAILABLE);
  if (!isDue(job, deps.clock.msUntil)) return job;
  return job.queue === undefined ? startAttempt(deps, job) : startAgain(deps, job);
}

async function startAttempt(deps: Deps, job: Job): Promise<Job> {
  const attemptAt = deps.clock.now().toISOString();
  const changes = { attempt: job.attempt + 1, attemptAt, sendAgainAt: sendAgainAt(deps) };
  return send(deps, await writeChange(deps, job, { event: "attemptStarted", changes }));
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
  await writeChange(deps, job, { event: "loginPosting", changes });
  throw new UpstreamUnavailable();
}

function notePosting(deps: Deps, job: Job, again: string | undefined): Promise<Job> {
  return writeChange(deps, job, { event: "loginPosting", changes: { sendAgainAt: again } });
}

async function recordOpened(deps: Deps, job: Job, upstreamJobId: string): Promise<Job> {
  const followUntil = deps.clock.after(deps.policy.followLimitMs).toISOString();
  const changes = { upstreamJobId, followUntil, sendAgainAt: undefined };
  return writeChange(deps, job, { event: "connectionOpened", changes });
}

/**
 * Makes one attempt to open the connection, and follows its job for a first slice. Throws as {@link openFound} does, and
 * `InstitutionUnavailable` when a further attempt was held: the workflow's Retrier is the queue. It waits for the same time
 * always, so that the first wait, which is spread, and what is left of one are waited for by a state.
 */
export async function openAndFollow(deps: FollowDeps, input: { jobId: string }): Promise<Followed> {
  const before = await findJob(deps, input.jobId);
  const isFurther = before.queue !== undefined && isDue(before, deps.clock.msUntil);
  const run = { ...deps, upstream: withoutEcho(deps.upstream) };
  const followed = await followFound(run, await openFound(run, before));
  if (followed.next === "hold" && isFurther) throw new InstitutionUnavailable();
  return followed;
}
