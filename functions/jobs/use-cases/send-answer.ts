import { expireChallenge, fateOfAnswer, takeAnswer, unpackAnswers } from "../domain/challenge.ts";
import { UpstreamRefused, UpstreamUnavailable } from "../domain/errors.ts";
import { INTERNAL_ERROR, isOutage } from "../domain/failures.ts";
import { FOLLOW_AFTER_ANSWER_MS } from "../domain/following.ts";
import type { Challenge, Job } from "../domain/job.ts";
import type { Ports } from "../domain/ports.ts";
import { withoutEcho } from "../domain/redaction.ts";
import { answerTo } from "../domain/secret.ts";
import { isSettled, mayBeSentAgain, sendAgainAt } from "../domain/sending.ts";
import { changeOrEndJob, type EndDeps, failJob, writeChange } from "./end-job.ts";
import { type FollowDeps, type Followed, followFound } from "./follow-job.ts";

type Deps = EndDeps & Pick<Ports, "clock" | "upstream">;

/**
 * Sends the accepted answer once, or ends the job if the deadline passed without an answer. Throws
 * `UpstreamUnavailable` if it is unknown whether the answer arrived: the next run finds out.
 */
export async function sendAnswer(deps: Deps, { jobId }: { jobId: string }): Promise<Job> {
  const job = await changeOrEndJob(deps, jobId, (current) => takeOrExpire(deps, current));
  if (job.challenge === undefined) return job;
  switch (job.phase) {
    case "answered":
      return send(deps, job, "answerSending", job.challenge);
    case "sending-answer":
      return resend(deps, job, job.challenge);
    default:
      return job;
  }
}

/** A stored answer counts, even if its request died before it updated the row. */
async function takeOrExpire(deps: Deps, job: Job) {
  if (job.phase !== "awaiting-answer" || job.challenge === undefined) return undefined;
  if (await deps.vault.holds(answerTo(job, job.challenge))) return takeAnswer(job, job.challenge.number);
  return expireChallenge(job, deps.clock);
}

/**
 * Continues a run that may have sent the answer already. The upstream job shows whether it
 * still waits for the answer.
 */
async function resend(deps: Deps, job: Job, challenge: Challenge): Promise<Job> {
  if (job.upstreamJobId === undefined) return failJob(deps, job, INTERNAL_ERROR);
  // The time before the request: a slow reply says nothing about an answer that has arrived since.
  const lookedAt = deps.clock.now();
  const seen = await deps.upstream.job(job.upstreamJobId).catch(orRefusal);
  if (seen instanceof UpstreamRefused) return failJob(deps, job, seen.problem);
  if (fateOfAnswer(challenge, seen) === "received") return recordSent(deps, job, challenge);
  if (!mayBeSentAgain(job, lookedAt)) throw new UpstreamUnavailable({ mayStillArrive: true });
  return send(deps, job, "answerPosting", challenge);
}

/** Returns the refusal: an aggregator that does not know its job any more cannot accept an answer. */
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
    await deps.upstream.answer(upstreamJobId, unpackAnswers(packed));
  } catch (error) {
    const isRefused = error instanceof UpstreamRefused;
    if (isRefused && !isOutage(error.problem.code)) return failJob(deps, job, error.problem);
    const isOver = isRefused || isSettled(error);
    await note(deps, job, "answerPosting", isOver ? undefined : sendAgainAt(deps));
    throw isRefused ? new UpstreamUnavailable() : error;
  }
  return recordSent(deps, job, challenge);
}

type SendEvent = "answerSending" | "answerPosting";

function note(deps: Deps, job: Job, event: SendEvent, again: string | undefined) {
  return writeChange(deps, job, { event, changes: { sendAgainAt: again } });
}

async function recordSent(deps: Deps, job: Job, challenge: Challenge): Promise<Job> {
  const followMs = Math.max(job.followLeftMs ?? 0, FOLLOW_AFTER_ANSWER_MS);
  const followUntil = deps.clock.after(followMs).toISOString();
  const changes = { followUntil, sealedTaskToken: undefined, sendAgainAt: undefined };
  const sent = await writeChange(deps, job, { event: "answerSent", changes });
  await deps.vault.destroy(answerTo(job, challenge));
  return sent;
}

/** Sends the accepted answer, and follows the job for a slice. Throws as {@link sendAnswer} does. */
export async function sendAndFollow(deps: FollowDeps, input: { jobId: string }): Promise<Followed> {
  const run = { ...deps, upstream: withoutEcho(deps.upstream) };
  return followFound(run, await sendAnswer(run, input));
}
