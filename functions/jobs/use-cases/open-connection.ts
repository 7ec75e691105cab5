import { UpstreamRefused, UpstreamUnavailable } from "../domain/errors.ts";
import {
  INTERNAL_ERROR,
  isOutage,
  LOGIN_REFUSED,
  SERVICE_UNAVAILABLE,
  TEMPORARY_UNAVAILABLE,
} from "../domain/failures.ts";
import { POLL_EVERY_MS } from "../domain/following.ts";
import { type Blocked, isReplaced, type Job, kindOf, type TaskInput } from "../domain/job.ts";
import { unpackLogin } from "../domain/login.ts";
import type { Ports } from "../domain/ports.ts";
import {
  type Held,
  holdChange,
  isDue,
  isExhausted,
  isParked,
  knownWith,
  mayBeHeld,
  needsTheUser,
  parkedChange,
} from "../domain/queue.ts";
import { withoutEcho } from "../domain/redaction.ts";
import { loginOf } from "../domain/secret.ts";
import {
  cannotArrive,
  isOverdue,
  mayBeBlip,
  mayBeSentAgain,
  orWhenUnavailable,
  sendAgainAt,
  withPauses,
} from "../domain/sending.ts";
import { failCurrentStep, type StepError, verdict } from "../domain/steps.ts";
import {
  type Attempt,
  findAttempt,
  isKnown,
  isOfAttempt,
  isQueuedUpstream,
  type ListedJob,
  type Posted,
  type UpstreamJob,
} from "../domain/upstream-job.ts";
import { findJob } from "./change-job.ts";
import { type EndDeps, failJob, writeChange } from "./end-job.ts";
import { type FollowDeps, type Followed, followFound, noteVerdict } from "./follow-job.ts";
import { notePause } from "./note-pause.ts";
import { type PollQueueDeps, pollUpstreamQueue } from "./poll-upstream-queue.ts";
import { recordIsDown, waitAfterOutage } from "./wait-for-bank.ts";

type HoldDeps = EndDeps & Pick<Ports, "clock">;

/** Queues the job until its next attempt, or ends it if no attempt is left. */
function holdAttempt(deps: HoldDeps, job: Job, held: Held): Promise<Job> {
  return writeChange(deps, job, holdChange(job, held, deps.clock));
}

/** Posts the login or the refresh. Returns `undefined` if the login is missing. */
async function postAttempt(deps: Pick<Ports, "vault" | "upstream">, job: Job): Promise<Posted | undefined> {
  const { userId, institutionId, connectionId } = job;
  if (kindOf(job) === "refresh") {
    return connectionId === undefined ? undefined : deps.upstream.refreshConnection(userId, connectionId);
  }
  const packed = await deps.vault.reveal(loginOf(job));
  if (packed === undefined) return undefined;
  const login = unpackLogin(packed);
  return kindOf(job) === "update" && connectionId !== undefined
    ? deps.upstream.updateConnection(userId, connectionId, login)
    : deps.upstream.openConnection(userId, institutionId, login);
}

type Deps = PollQueueDeps & Pick<Ports, "refusedLogins" | "outages">;

/**
 * Makes one attempt to open the connection, unless the job waits for a later attempt. Sends at most one login
 * in an attempt, however often this runs. Throws `UpstreamUnavailable` if it is unknown whether the login
 * arrived: the next run finds out.
 */
export async function openConnection(deps: Deps, { jobId }: { jobId: string }): Promise<Job> {
  return openFound(deps, await findJob(deps, jobId));
}

/** As {@link openConnection}, for a job that was just read. */
async function openFound(deps: Deps, job: Job): Promise<Job> {
  if (job.phase === "opening") return reopen(deps, job);
  if (job.phase !== "accepted" && job.phase !== "queued") return job;
  if (isExhausted(job, deps.clock.msUntil)) return failJob(deps, job, TEMPORARY_UNAVAILABLE);
  if (isParked(job)) return job;
  // An execution of an earlier version waits in itself. Its job has a later time, and waits without it from now on.
  if (!isDue(job, deps.clock.msUntil)) return writeChange(deps, job, parkedChange(job));
  return job.queue === undefined ? startAttempt(deps, job) : startAgain(deps, job);
}

async function startAttempt(deps: Deps, job: Job): Promise<Job> {
  const attemptAt = deps.clock.now().toISOString();
  const changes = {
    attempt: job.attempt + 1,
    attemptAt,
    pausedUntil: undefined,
    sendAgainAt: sendAgainAt(deps),
  };
  return send(deps, await writeChange(deps, job, { event: "attemptStarted", changes }));
}

/**
 * Starts a further attempt. Sends no login to a bank that the aggregator reports as down, and no login that would
 * make the bank send a code to an absent user. An attempt that a client requested counts only once it starts.
 */
async function startAgain(deps: Deps, job: Job): Promise<Job> {
  const isAskedFor = job.phase === "accepted";
  const attempt = isAskedFor ? job.attempt : job.attempt + 1;
  if (job.queue?.isUpstreams && job.upstreamJobId !== undefined) {
    return pollUpstreamQueue(deps, job, job.upstreamJobId, attempt);
  }
  if (await recordIsDown(deps, job)) {
    return holdAttempt(deps, job, { attempt, waitsFor: await waitAfterOutage(deps, job, true) });
  }
  if (!isAskedFor && needsTheUser(job)) {
    return holdAttempt(deps, job, { attempt, reason: "ready-for-user" });
  }
  return startAttempt(deps, job);
}

/** Continues an attempt that may have sent its login already. The aggregator's list of jobs shows whether it did. */
async function reopen(deps: Deps, job: Job): Promise<Job> {
  if (job.blocked !== undefined) return awaitOther(deps, job, job.blocked);
  if (await wasRefused(deps, job)) return failJob(deps, job, LOGIN_REFUSED);
  if (isOverdue(job, deps.clock.msUntil)) return pollOnceMore(deps, job);
  // The time before the request: a slow reply says nothing about a login that has arrived since.
  const polledAt = deps.clock.now();
  const found = await findSent(deps, job);
  if (found !== undefined) return recordOpened(deps, job, found.id);
  if (!mayBeSentAgain(job, polledAt)) throw new UpstreamUnavailable({ mayStillArrive: true });
  return send(deps, await notePosting(deps, job, sendAgainAt(deps)), { mayHaveArrived: true });
}

/**
 * Waits for the end of a job that the aggregator named instead of taking our login, and then posts the login. If the
 * aggregator still names that job, posts the login once a minute. If that job takes too long, or waits in the
 * aggregator's own queue, our job waits as if the bank was down.
 */
async function awaitOther(deps: Deps, job: Job, blocked: Blocked): Promise<Job> {
  const { upstreamJobId, until } = blocked;
  const other = await otherJob(deps, upstreamJobId);
  const isOver = other === undefined || verdict(other.steps) !== "working";
  if (isOver && mayBeSentAgain(job, deps.clock.now())) {
    const changes = {
      attemptAt: deps.clock.now().toISOString(),
      sendAgainAt: sendAgainAt(deps),
      knownUpstreamJobIds: knownWith(job.knownUpstreamJobIds, upstreamJobId),
      blocked: undefined,
    };
    return send(deps, await writeChange(deps, job, { event: "loginPosting", changes }), { waited: blocked });
  }
  const isQueued = other !== undefined && isQueuedUpstream(other);
  if (!isQueued && deps.clock.msUntil(new Date(until)) > 0) return job;
  if (!mayBeHeld(job, deps.policy)) return failJob(deps, job, TEMPORARY_UNAVAILABLE);
  return holdAttempt(deps, job, { attempt: job.attempt });
}

/** Returns `undefined` if the aggregator does not know the job any more. */
async function otherJob(deps: Deps, upstreamJobId: string): Promise<UpstreamJob | undefined> {
  try {
    return await deps.upstream.job(upstreamJobId);
  } catch (error) {
    if (error instanceof UpstreamRefused) return undefined;
    throw error;
  }
}

/**
 * Returns whether this job's login was refused. The aggregator creates no job for a login that it refuses at once, so
 * we record the refusal before the row says so.
 */
async function wasRefused({ refusedLogins }: Deps, { id, userId, institutionId }: Job): Promise<boolean> {
  const noted = await refusedLogins.find(userId, institutionId);
  return noted?.jobIds.includes(id) ?? false;
}

/**
 * Searches for the login of an attempt that has taken too long, and does not send it again. An aggregator that was busy
 * all the time is treated like a bank that is down.
 */
async function pollOnceMore(deps: Deps, job: Job): Promise<Job> {
  const found = await orWhenUnavailable(findSent(deps, job), undefined);
  if (found !== undefined) return recordOpened(deps, job, found.id);
  const wasBusy = job.pausedUntil !== undefined && mayBeHeld(job, deps.policy);
  return job.queue === undefined && !wasBusy
    ? failJob(deps, job, SERVICE_UNAVAILABLE)
    : holdAttempt(deps, job, { attempt: job.attempt });
}

async function findSent(deps: Deps, job: Job): Promise<ListedJob | undefined> {
  const attempt = attemptOf(job);
  const listed = await deps.upstream.jobsOf(job.userId, attempt.connectionId).catch(asUnavailable);
  return findAttempt(listed, attempt);
}

function attemptOf(job: Job): Attempt {
  const { institutionId, knownUpstreamJobIds, createdAt, attemptAt: startedAt = createdAt } = job;
  const connectionId = kindOf(job) === "create" ? undefined : job.connectionId;
  return { institutionId, startedAt, knownUpstreamJobIds, connectionId };
}

/** A refused list, or a job that the aggregator refuses to show, does not show whether a login arrived. */
function asUnavailable(error: unknown): never {
  throw error instanceof UpstreamRefused ? new UpstreamUnavailable() : error;
}

interface Sending {
  /** An earlier request of this attempt may have been carried out. */
  mayHaveArrived?: boolean;
  /** What the login has waited for. */
  waited?: Blocked;
}

async function send(deps: Deps, job: Job, { mayHaveArrived = false, waited }: Sending = {}): Promise<Job> {
  let posted: Posted | undefined;
  try {
    posted = await postAttempt(deps, job);
  } catch (error) {
    if (error instanceof UpstreamRefused) return refused(deps, job, error.problem);
    // A login that may still be in transit was sent later than recorded, because a token may
    // have been requested first.
    await notePosting(deps, job, cannotArrive(error) ? undefined : sendAgainAt(deps));
    throw error;
  }
  if (posted === undefined) return failJob(deps, job, INTERNAL_ERROR);
  const { upstreamJobId } = posted;
  const isEarlier = posted.isEarlier === true || isKnown(upstreamJobId, job.knownUpstreamJobIds);
  const isTaken = !isEarlier || kindOf(job) === "refresh";
  if (isTaken || (mayHaveArrived && (await isOurs(deps, job, upstreamJobId)))) {
    return recordOpened(deps, job, upstreamJobId);
  }
  const blocked = { upstreamJobId, until: deps.clock.after(deps.policy.followLimitMs).toISOString() };
  const changes =
    waited?.upstreamJobId === upstreamJobId
      ? { blocked: waited, sendAgainAt: sendAgainAt(deps) }
      : { blocked, sendAgainAt: undefined };
  return writeChange(deps, job, { event: "loginPosting", changes });
}

/**
 * Returns whether the job that the aggregator named comes from an earlier request of this attempt. Throws
 * `UpstreamUnavailable` if that is unknown: the login must not be sent twice.
 */
async function isOurs(deps: Deps, job: Job, upstreamJobId: string): Promise<boolean> {
  if (isKnown(upstreamJobId, job.knownUpstreamJobIds)) return false;
  return isOfAttempt(await deps.upstream.job(upstreamJobId).catch(asUnavailable), attemptOf(job));
}

async function refused(deps: Deps, job: Job, problem: StepError): Promise<Job> {
  if (!isOutage(problem.code) || !mayBeHeld(job, deps.policy)) {
    await noteVerdict(deps, job, failCurrentStep(job.steps, problem));
    return failJob(deps, job, problem);
  }
  const isDown = await recordIsDown(deps, job);
  // A gateway that restarts must not cost the user two hours.
  if (isDown || !mayBeBlip(job, deps.clock.msUntil)) {
    const waitsFor = await waitAfterOutage(deps, job, isDown);
    return holdAttempt(deps, job, { attempt: job.attempt, waitsFor });
  }
  // The login that the aggregator refused was an attempt too: the next login counts separately.
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
 * Makes one attempt to open the connection, and follows its job for a first slice. Waits while the aggregator asks for
 * a pause that ends within the slice. Throws as {@link openFound} does.
 */
export async function openAndFollow(deps: FollowDeps, input: TaskInput): Promise<Followed> {
  const followed = await withPauses(deps, deps.policy.followSliceMs, () => openAndFollowOnce(deps, input));
  return "next" in followed ? followed : { next: "hold", waitSeconds: followed.pauseSeconds };
}

/** Polls the job that a login waits for, for a slice. */
async function openUnblocked(deps: Deps, before: Job): Promise<Job> {
  const sliceEnd = deps.clock.after(deps.policy.followSliceMs);
  let job = await openFound(deps, before);
  while (job.blocked !== undefined && job.phase === "opening" && deps.clock.msUntil(sliceEnd) > 0) {
    await deps.clock.sleep(POLL_EVERY_MS);
    job = await openFound(deps, job);
  }
  return job;
}

async function openAndFollowOnce(deps: FollowDeps, input: TaskInput): Promise<Followed> {
  const before = await findJob(deps, input.jobId);
  if (isReplaced(before, input)) return { next: "done" };
  const run = { ...deps, upstream: withoutEcho(deps.upstream) };
  const opened = await openUnblocked(run, before).catch(async (error: unknown) => {
    await notePause(run, before.id, error);
    throw error;
  });
  return followFound(run, opened);
}
