import {
  answeredChallenge,
  closeChallenge,
  expireChallenge,
  fateOfAnswer,
  followUntilAfterAnswer,
  isPast,
  takeAnswer,
  unpackAnswers,
} from "../domain/challenge.ts";
import { UpstreamRefused, UpstreamUnavailable } from "../domain/errors.ts";
import { failure, INTERNAL_ERROR, isOutage, SERVICE_UNAVAILABLE } from "../domain/failures.ts";
import { decideOnRefusal, decideOnRefusalAtDeadline } from "../domain/following.ts";
import { type Challenge, isReplaced, type Job, type TaskInput } from "../domain/job.ts";
import type { Ports } from "../domain/ports.ts";
import { withoutEcho } from "../domain/redaction.ts";
import { answerTo } from "../domain/secret.ts";
import { cannotArrive, mayBeSentAgain, sendAgainAt, withPauses } from "../domain/sending.ts";
import type { StepError } from "../domain/steps.ts";
import { endsJob } from "../domain/transitions.ts";
import { isStillAsked, type UpstreamJob } from "../domain/upstream-job.ts";
import { findJob } from "./change-job.ts";
import { changeOrEndJob, type EndDeps, failJob, writeChange } from "./end-job.ts";
import { type FollowDeps, type Followed, followFound } from "./follow-job.ts";

type Deps = EndDeps & Pick<Ports, "clock" | "upstream">;

/**
 * Sends the accepted answer once, or ends the job if the deadline passed without an answer. Throws
 * `UpstreamUnavailable` if it is unknown whether the answer arrived: the next run finds out.
 */
export async function sendAnswer(deps: Deps, input: TaskInput): Promise<Job> {
  const job = await changeOrEndJob(deps, input.jobId, (current) =>
    isReplaced(current, input) ? undefined : takeOrExpire(deps, current),
  );
  if (job.challenge === undefined || isReplaced(job, input)) return job;
  switch (job.phase) {
    case "answered":
      return send(deps, job, "answerSending", job.challenge);
    case "sending-answer":
      return resend(deps, job, job.challenge);
    default:
      return job;
  }
}

/**
 * A stored answer counts, even if its request died before it updated the row. Before the deadline ends the job, the
 * upstream job shows whether the aggregator still waits for the answer.
 */
async function takeOrExpire(deps: Deps, job: Job) {
  if (job.phase !== "awaiting-answer" || job.challenge === undefined) return undefined;
  if (await deps.vault.holds(answerTo(job, job.challenge))) return takeAnswer(job, job.challenge.number);
  const expired = expireChallenge(job, deps.clock);
  if (expired === undefined || job.upstreamJobId === undefined) return expired;
  const seen = await deps.upstream.job(job.upstreamJobId).catch(orRefusal);
  if (!(seen instanceof UpstreamRefused)) {
    return isStillAsked(job.challenge, seen) ? expired : closeChallenge(job, deps.clock);
  }
  const lostChange = decideOnRefusalAtDeadline(job, seen.problem, deps.clock.now());
  if (lostChange === undefined) throw new UpstreamUnavailable();
  return lostChange;
}

/**
 * Returns whether the aggregator does not wait for the answer to our challenge any more. Throws `UpstreamUnavailable`
 * if that is unknown.
 */
export async function wentOn(deps: Pick<Ports, "upstream">, job: Job): Promise<boolean> {
  const { challenge, upstreamJobId } = job;
  if (challenge === undefined || upstreamJobId === undefined) return false;
  const seen = await deps.upstream.job(upstreamJobId).catch(orRefusal);
  return !(seen instanceof UpstreamRefused) && !isStillAsked(challenge, seen);
}

/**
 * Continues a run that may have sent the answer already. The upstream job shows whether it
 * still waits for the answer.
 */
async function resend(deps: Deps, found: Job, challenge: Challenge): Promise<Job> {
  if (found.upstreamJobId === undefined) return failJob(deps, found, INTERNAL_ERROR);
  // The time before the request: a slow reply says nothing about an answer that has arrived since.
  const polledAt = deps.clock.now();
  const seen = await deps.upstream.job(found.upstreamJobId).catch(orRefusal);
  if (seen instanceof UpstreamRefused) return lost(deps, found, challenge.refusal ?? seen.problem);
  const isKnownAgain = found.lostAt !== undefined;
  const job = isKnownAgain ? await note(deps, found, "answerPosting", found.sendAgainAt) : found;
  if (challenge.refusal !== undefined) return endRefused(deps, job, challenge, challenge.refusal, seen);
  if (fateOfAnswer(challenge, seen) === "received") return recordSent(deps, job, challenge);
  if (!mayBeSentAgain(job, polledAt)) throw new UpstreamUnavailable({ mayStillArrive: true });
  return send(deps, job, "answerPosting", challenge);
}

/** Ends the job once the aggregator has refused to show it for a minute. Throws `UpstreamUnavailable` before that. */
async function lost(deps: Deps, job: Job, problem: StepError): Promise<Job> {
  const change = decideOnRefusal(job, problem, deps.clock);
  if (change !== undefined && endsJob(change)) return writeChange(deps, job, change);
  if (change !== undefined) await writeChange(deps, job, { ...change, event: "answerPosting" });
  throw new UpstreamUnavailable();
}

/** Returns the refusal: an aggregator that has lost its job cannot accept an answer. */
function orRefusal(error: unknown): UpstreamRefused {
  if (error instanceof UpstreamRefused) return error;
  throw error;
}

/**
 * Decrypts the answer before the row records the sending. If decryption fails, the next run need not wait
 * for an answer in transit.
 */
async function send(deps: Deps, found: Job, event: SendEvent, challenge: Challenge): Promise<Job> {
  const packed = await deps.vault.reveal(answerTo(found, challenge));
  const { upstreamJobId } = found;
  if (packed === undefined || upstreamJobId === undefined) return failJob(deps, found, INTERNAL_ERROR);
  const job = await note(deps, found, event, sendAgainAt(deps));
  try {
    await deps.upstream.answer(found.userId, upstreamJobId, unpackAnswers(packed));
  } catch (error) {
    const isRefused = error instanceof UpstreamRefused;
    if (isRefused && !isOutage(error.problem.code)) return refused(deps, job, challenge, error.problem);
    const isOver = isRefused || cannotArrive(error);
    await note(deps, job, "answerPosting", isOver ? undefined : sendAgainAt(deps));
    throw isRefused ? new UpstreamUnavailable() : error;
  }
  return recordSent(deps, job, challenge);
}

/** Ends the job or continues, when a poll shows the upstream job: a refused answer is not sent again. */
async function refused(deps: Deps, job: Job, challenge: Challenge, problem: StepError): Promise<Job> {
  const seen = await pollOrNothing(deps, job);
  if (seen !== undefined) return endRefused(deps, job, challenge, problem, seen);
  const changes = { challenge: { ...challenge, refusal: problem }, sendAgainAt: undefined };
  await writeChange(deps, job, { event: "answerPosting", changes });
  throw new UpstreamUnavailable();
}

async function pollOrNothing(
  { upstream }: Deps,
  { upstreamJobId = "" }: Job,
): Promise<UpstreamJob | undefined> {
  try {
    return await upstream.job(upstreamJobId);
  } catch (error) {
    if (error instanceof UpstreamRefused || error instanceof UpstreamUnavailable) return undefined;
    throw error;
  }
}

/** Ends the job, unless the aggregator went on without the answer that it refused. A repeated answer gets the same. */
async function endRefused(
  deps: Deps,
  job: Job,
  challenge: Challenge,
  problem: StepError,
  seen: UpstreamJob,
): Promise<Job> {
  if (isStillAsked(challenge, seen)) {
    const decided = { challenge: answeredChallenge(challenge, deps.clock) };
    return writeChange(deps, job, failure(job, problem, decided));
  }
  const closed = await writeChange(deps, job, closeChallenge(job, deps.clock));
  await deps.vault.destroy(answerTo(closed, challenge));
  return closed;
}

type SendEvent = "answerSending" | "answerPosting";

function note(deps: Deps, job: Job, event: SendEvent, again: string | undefined) {
  return writeChange(deps, job, { event, changes: { sendAgainAt: again, lostAt: undefined } });
}

async function recordSent(deps: Deps, job: Job, challenge: Challenge): Promise<Job> {
  const changes = {
    challenge: answeredChallenge(challenge, deps.clock),
    followUntil: followUntilAfterAnswer(job, deps.clock),
    sealedTaskToken: undefined,
    sendAgainAt: undefined,
  };
  const sent = await writeChange(deps, job, { event: "answerSent", changes });
  await deps.vault.destroy(answerTo(job, challenge));
  return sent;
}

/**
 * Sends the accepted answer, and follows the job for a slice. Waits while the aggregator asks for a pause that ends
 * within the slice. After a longer pause, the Task that opens connections finds the answer still to be sent, and the
 * workflow comes back here, until the deadline of the challenge has passed. Throws as {@link sendAnswer} does.
 */
export async function sendAndFollow(deps: FollowDeps, input: TaskInput): Promise<Followed> {
  const run = { ...deps, upstream: withoutEcho(deps.upstream) };
  const followed = await withPauses(deps, deps.policy.followSliceMs, async (): Promise<Followed> => {
    const job = await sendAnswer(run, input);
    return isReplaced(job, input) ? { next: "done" } : followFound(run, job);
  });
  if ("next" in followed) return followed;
  const job = await findJob(deps, input.jobId);
  if (!isUnsent(job) || !isPast(job, deps.clock.now())) {
    return { next: "hold", waitSeconds: followed.pauseSeconds };
  }
  await failJob(deps, job, SERVICE_UNAVAILABLE);
  return { next: "done" };
}

function isUnsent({ phase }: Job): boolean {
  return phase === "answered" || phase === "sending-answer";
}
