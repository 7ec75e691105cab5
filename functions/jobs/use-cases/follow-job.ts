import { answerWithinMs } from "../domain/challenge.ts";
import { JobChanged, UpstreamRefused, UpstreamUnavailable } from "../domain/errors.ts";
import { CREDENTIALS_REFUSED, failure, TEMPORARY_UNAVAILABLE } from "../domain/failures.ts";
import {
  blamesTheBank,
  decideOnPoll,
  decideOnRefusal,
  decideWithoutReply,
  endsUnanswered,
  isLeft,
  knownAgain,
  leave,
  mayBeLeft,
  POLL_EVERY_MS,
  waitSeconds,
  waitsUpstream,
} from "../domain/following.ts";
import { isFinished, isReplaced, type Job, kindOf, type TaskInput } from "../domain/job.ts";
import { noteDecided } from "../domain/outage.ts";
import type { Ports } from "../domain/ports.ts";
import { holdChange, holdUpstreamChange, isParked, mayBeHeld, mayNeedLogin } from "../domain/queue.ts";
import { errorCodeOf, type Step, VERIFY_CREDENTIALS } from "../domain/steps.ts";
import type { JobChange } from "../domain/transitions.ts";
import type { UpstreamJob } from "../domain/upstream-job.ts";
import { findJob } from "./change-job.ts";
import { cleanUp, destroyLogin, type EndDeps, writeChange } from "./end-job.ts";
import { recordIsDown, waitAfterOutage } from "./wait-for-bank.ts";

export type FollowDeps = EndDeps &
  Pick<Ports, "clock" | "upstream" | "claims" | "refusedLogins" | "outages" | "policy">;

/**
 * Records whether the bank accepted the login, before the job's row says so. A function that dies between the two
 * writes does this again; each job counts once. The login of an adopted job did not pass through us, if it had one.
 */
export async function noteVerdict(
  deps: Pick<Ports, "clock" | "refusedLogins" | "outages">,
  job: Job,
  after: readonly Step[],
): Promise<void> {
  const { userId, institutionId } = job;
  if (kindOf(job) === "adopt") return;
  const [was, is] = [job.steps, after].map((steps) =>
    steps.find(({ title }) => title === VERIFY_CREDENTIALS),
  );
  if (is === undefined || was?.status === is.status) return;
  const isRefused = is.status === "failed" && errorCodeOf(is) === CREDENTIALS_REFUSED;
  if (is.status === "success") await deps.refusedLogins.clear(userId, institutionId);
  if (isRefused) await deps.refusedLogins.note(userId, institutionId, job.id);
  if (isRefused || is.status === "success") await deps.outages.change(institutionId, noteDecided(deps.clock));
}

/** Polls the upstream job once, and writes the change. */
export async function pollJob(deps: FollowDeps, job: Job): Promise<Job> {
  return (await poll(deps, job)).job;
}

/** As {@link pollJob}. Also returns for how many milliseconds the aggregator asked us not to poll. */
async function poll(deps: FollowDeps, job: Job): Promise<{ job: Job; retryAfterMs: number }> {
  if (job.phase !== "following" || job.upstreamJobId === undefined) return { job, retryAfterMs: 0 };
  const seen = await look(deps, job.upstreamJobId);
  const retryAfterMs = seen instanceof UpstreamUnavailable ? (seen.retryAfterMs ?? 0) : 0;
  return { job: await writePoll(deps, job, seen), retryAfterMs };
}

async function writePoll(deps: FollowDeps, job: Job, seen: Seen): Promise<Job> {
  try {
    const change = await nameWhoLeft(deps, job, await decide(deps, job, seen));
    if (change === undefined) return job;
    await noteVerdict(deps, job, change.changes.steps ?? []);
    await claimConnection(deps, job, change.changes.connectionId);
    return await writeChange(deps, job, change);
  } catch (error) {
    if (!(error instanceof JobChanged)) throw error;
    const current = await findJob(deps, job.id);
    return isFinished(current) ? cleanUp(deps, current) : current;
  }
}

/** If the time is up for an adopted job, asks the aggregator whether the user ever came back from the bank. */
async function nameWhoLeft(
  deps: FollowDeps,
  job: Job,
  change: JobChange | undefined,
): Promise<JobChange | undefined> {
  if (!mayBeLeft(job, change)) return change;
  const connections = await deps.upstream.connectionsOf(job.userId).catch((error: unknown) => {
    if (error instanceof UpstreamRefused || error instanceof UpstreamUnavailable) return [];
    throw error;
  });
  return isLeft(job, change, connections) ? leave(job, change) : change;
}

type Seen = UpstreamJob | UpstreamRefused | UpstreamUnavailable;

async function decide(deps: FollowDeps, job: Job, seen: Seen): Promise<JobChange | undefined> {
  const now = deps.clock.now();
  if (seen instanceof UpstreamUnavailable) return decideWithoutReply(job, now);
  if (seen instanceof UpstreamRefused) return decideOnRefusal(job, seen.problem, deps.clock);
  return knownAgain(job, await decideOnJob(deps, job, seen, now));
}

async function decideOnJob(
  deps: FollowDeps,
  job: Job,
  seen: UpstreamJob,
  now: Date,
): Promise<JobChange | undefined> {
  const attempt = { attempt: job.attempt };
  // An adopted job has no queue. Until its time is up, it shows that the aggregator holds it.
  if (waitsUpstream(job, seen) && kindOf(job) !== "adopt") {
    return mayBeHeld(job, deps.policy)
      ? holdUpstreamChange(job, job.attempt, deps.clock)
      : failure(job, TEMPORARY_UNAVAILABLE);
  }
  if (blamesTheBank(job, seen) && mayBeHeld(job, deps.policy)) {
    const waitsFor = await waitAfterOutage(deps, job, await recordIsDown(deps, job));
    return holdChange(job, { ...attempt, waitsFor }, deps.clock);
  }
  const change = decideOnPoll(job, seen, now, followLeftMs(deps, job));
  if (change === undefined || !endsUnanswered(job, change)) return change;
  return holdChange(job, { ...attempt, reason: "challenge-not-answered" }, deps.clock);
}

/** Takes the claim on a connection that was just created, so that no other job starts on it while this job runs. */
async function claimConnection(deps: FollowDeps, job: Job, connectionId: string | undefined): Promise<void> {
  if (connectionId === undefined || connectionId === job.connectionId) return;
  const on = { userId: job.userId, connectionId };
  const holderId = await deps.claims.holder(on);
  const holder = holderId === undefined ? undefined : await deps.jobs.find(holderId);
  if (holder === undefined || isFinished(holder)) await deps.claims.take(on, job.id, holderId);
}

/** Returns the milliseconds that are left for following. */
function followLeftMs(deps: Pick<Ports, "clock">, job: Job): number {
  return job.followUntil === undefined ? 0 : deps.clock.msUntil(new Date(job.followUntil));
}

/** Returns for how many milliseconds the job was followed. */
function followedMs(deps: Pick<Ports, "clock" | "policy">, job: Job): number {
  return deps.policy.followLimitMs - followLeftMs(deps, job);
}

/** Returns the error of a failed poll: the next poll replaces it. */
async function look(deps: FollowDeps, upstreamJobId: string): Promise<Seen> {
  try {
    return await deps.upstream.job(upstreamJobId);
  } catch (error) {
    if (error instanceof UpstreamRefused || error instanceof UpstreamUnavailable) return error;
    throw error;
  }
}

/** The next step of the workflow. After `done`, the execution ends: the job is over, or is parked. */
export type Followed =
  | { next: "done" }
  | { next: "hold"; waitSeconds: number }
  | { next: "wait"; waitSeconds: number }
  | { next: "ask"; timeoutSeconds: number };

/** The callback times out this long after the deadline, so that the deadline has passed for every clock. */
const TIMEOUT_SLACK_SECONDS = 2;

/**
 * Polls the upstream job for a slice of time, and writes each change at once. Ends early if the job is finished or
 * queued, or if the bank asks something.
 */
export async function followJob(deps: FollowDeps, input: TaskInput): Promise<Followed> {
  const job = await findJob(deps, input.jobId);
  return isReplaced(job, input) ? { next: "done" } : followFound(deps, job);
}

/** As {@link followJob}, for a job that was just read or written. */
export async function followFound(deps: FollowDeps, found: Job): Promise<Followed> {
  const sliceEnd = deps.clock.after(deps.policy.followSliceMs);
  let job = found;
  // The previous run may have died before it deleted secrets that the job does not need any more.
  if (isFinished(job)) job = await cleanUp(deps, job);
  else if (!mayNeedLogin(job)) await destroyLogin(deps, job);
  for (;;) {
    const before = job;
    const polled = await poll(deps, before);
    job = polled.job;
    if (!isFinished(job) && mayNeedLogin(before) && !mayNeedLogin(job)) await destroyLogin(deps, job);
    if (job.phase !== "following") return nextAfter(deps, job);
    const leftMs = deps.clock.msUntil(sliceEnd);
    if (leftMs <= 0 || polled.retryAfterMs > leftMs) {
      const seconds = Math.max(waitSeconds(followedMs(deps, job)), Math.ceil(polled.retryAfterMs / 1000));
      return { next: "wait", waitSeconds: seconds };
    }
    await deps.clock.sleep(Math.max(POLL_EVERY_MS, polled.retryAfterMs));
  }
}

function nextAfter(deps: FollowDeps, job: Job): Followed {
  switch (job.phase) {
    case "succeeded":
    case "failed":
      return { next: "done" };
    case "challenged":
    case "awaiting-answer":
    case "answered":
    case "sending-answer":
      return { next: "ask", timeoutSeconds: secondsToAnswer(deps, job) };
    case "queued":
      return isParked(job) ? { next: "done" } : { next: "hold", waitSeconds: 1 };
    case "opening":
      return { next: "hold", waitSeconds: waitSeconds(blockedMs(deps, job)) };
    default:
      return { next: "hold", waitSeconds: 1 };
  }
}

/** Returns for how many milliseconds the login has waited for another job of the aggregator's. */
function blockedMs(deps: Pick<Ports, "clock" | "policy">, { blocked }: Job): number {
  return blocked === undefined ? 0 : deps.policy.followLimitMs - deps.clock.msUntil(new Date(blocked.until));
}

function secondsToAnswer(deps: FollowDeps, { challenge }: Job): number {
  const ms =
    challenge?.expiresAt === undefined
      ? answerWithinMs(challenge?.expiryMs ?? 0)
      : deps.clock.msUntil(new Date(challenge.expiresAt));
  return Math.ceil(Math.max(ms, 0) / 1000) + TIMEOUT_SLACK_SECONDS;
}
