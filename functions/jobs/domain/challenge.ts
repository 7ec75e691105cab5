import type { Clock } from "./clock.ts";
import { failure, isOurFailure, MFA_EXPIRED } from "./failures.ts";
import { type Challenge, isFinished, type Job } from "./job.ts";
import { holdChange } from "./queue.ts";
import { Secret } from "./secret.ts";
import { errorCodeOf, isOver, MFA_CHALLENGE, type StepError, statusOf } from "./steps.ts";
import type { JobChange, OngoingChange } from "./transitions.ts";
import { openChallenge, type UpstreamJob } from "./upstream-job.ts";

/**
 * The reply to an answer waits this long for the bank's decision, unless the deployment sets another time. An API
 * function lives for 29 s.
 */
export const DEFAULT_ANSWER_WAIT_SECONDS = 12;
export const MAX_ANSWER_WAIT_SECONDS = 20;

const MIN_MS = 60_000;
export const MAX_ANSWER_MS = 15 * 60_000;

/**
 * In a measurement, the aggregator showed an answered challenge for 3 s longer, with a new `updated`. If it shows the
 * same question after this time, the bank asks again.
 */
const LINGERS_MS = 10_000;

/** Two minutes, and the 15 s that the bank's decision may take. */
const REPEATS_MS = 135_000;

/** Returns the challenge after the aggregator took its answer. */
export function answeredChallenge(challenge: Challenge, clock: Pick<Clock, "after">): Challenge {
  const within = (ms: number) => clock.after(ms).toISOString();
  return { ...challenge, lingersUntil: within(LINGERS_MS), repeatsUntil: within(REPEATS_MS) };
}

/** After an answer, we follow the job for at least this long, so that a late answer leaves the bank enough time. */
const FOLLOW_AFTER_ANSWER_MS = 3 * 60_000;

/**
 * Returns how long we wait for an answer, in milliseconds: `expiryMs`, but at least 1 minute and at most 15 minutes.
 * The aggregator has sent both 120000 and 3600 as `expiryMs`; taken literally, 3600 would give a user 3.6 s.
 */
export function answerWithinMs(expiryMs: number): number {
  return Math.min(Math.max(expiryMs, MIN_MS), MAX_ANSWER_MS);
}

/** The published answer to a challenge that the user approves in the bank's own app. */
export const APPROVED = "confirmed";

/**
 * Returns whether the bank's words ask for an approval in its app. No field says so: a code may still be the right answer,
 * so offer both.
 */
export function isApproval({
  method,
  description,
  input,
}: {
  method: string;
  description: string;
  input: readonly string[];
}): boolean {
  return (
    method === "token" && input.length === 1 && /\b(approve|confirm)/i.test(`${description} ${input[0]}`)
  );
}

/** Packs the answers to one challenge into one secret, for encryption. */
export function packAnswers(answers: readonly Secret[]): Secret {
  return new Secret(JSON.stringify(answers.map((answer) => answer.reveal())));
}

/** Throws a `SyntaxError` if the secret was not made by {@link packAnswers}. */
export function unpackAnswers(packed: Secret): Secret[] {
  const answers: unknown = JSON.parse(packed.reveal());
  return Array.isArray(answers) ? answers.map((answer) => new Secret(String(answer))) : [];
}

/**
 * `taken`: the challenge has an answer. `over`: its deadline passed without an answer. `not-active`: the
 * job has no open challenge.
 */
export type ChallengeState = "waiting" | "taken" | "over" | "not-active";

/** Returns how the job treats an answer that arrives at `now`. */
export function challengeState(job: Job, now: Date): ChallengeState {
  if (job.phase === "awaiting-answer") return isPast(job, now) ? "over" : "waiting";
  if (job.challenge === undefined) return "not-active";
  if (statusOf(job.steps, MFA_CHALLENGE) === "in-progress" && hasBeenAnswered(job.challenge)) return "taken";
  return wasNeverAnswered(job) ? "over" : "not-active";
}

/** Returns whether the bank has not decided on the answer to the challenge of this number. */
export function isUndecided(job: Job, number: number): boolean {
  if (isFinished(job) || job.challenge?.number !== number) return false;
  return statusOf(job.steps, MFA_CHALLENGE) === "in-progress";
}

/**
 * Returns the error with which the bank refused the answer to the challenge of this number, or `undefined`. An end that
 * we decided ourselves, such as a cancellation, is no refusal of the answer.
 */
export function refusalOfAnswer(job: Job, number: number): StepError | undefined {
  const step = job.steps.find(({ title }) => title === MFA_CHALLENGE);
  const isOfAnswer = job.challenge?.number === number && job.challenge.isAnswered === true;
  if (!isOfAnswer || step?.status !== "failed" || step.result === null) return undefined;
  return "code" in step.result && !isOurFailure(step.result) ? step.result : undefined;
}

/** Returns whether an answer that arrives now repeats one on which the bank has decided a moment ago. */
export function repeatsDecided({ steps, challenge }: Job, now: Date): boolean {
  if (challenge?.repeatsUntil === undefined || now.getTime() >= Date.parse(challenge.repeatsUntil))
    return false;
  const status = statusOf(steps, MFA_CHALLENGE);
  return challenge.isAnswered === true && status !== undefined && isOver(status);
}

/**
 * Accepts the answer to the challenge of this number. Returns `undefined` if that challenge is answered or over. The
 * answer was stored in time, so the deadline is not checked again.
 */
export function takeAnswer(job: Job, number: number): OngoingChange | undefined {
  const { phase, challenge } = job;
  if (phase !== "awaiting-answer" || challenge?.number !== number) return undefined;
  return { event: "answerTaken", changes: { challenge: { ...challenge, isAnswered: true } } };
}

export function wasAnswered(job: Job, challenge: Challenge): boolean {
  return job.challenge?.number === challenge.number && job.challenge.isAnswered === true;
}

/** Returns whether the answer to the challenge is stored and still has to be sent. */
export function awaitsSending(job: Job, challenge: Challenge): boolean {
  return wasAnswered(job, challenge) && (job.phase === "answered" || job.phase === "sending-answer");
}

/** Returns whether the deadline of the job's challenge has passed. */
export function isPast(job: Job, now: Date): boolean {
  const deadline = job.challenge?.expiresAt;
  return deadline !== undefined && Date.parse(deadline) <= now.getTime();
}

/**
 * Returns whether the user has answered this challenge, or an earlier challenge that the bank has not
 * decided or has repeated.
 */
function hasBeenAnswered({ isAnswered, number }: Challenge): boolean {
  return isAnswered === true || number > 1;
}

function wasNeverAnswered(job: Job): boolean {
  const step = job.steps.find(({ title }) => title === MFA_CHALLENGE);
  return errorCodeOf(step) === MFA_EXPIRED.code;
}

/**
 * Opens the challenge to the user, or opens it again with another task token. Sets its deadline only once. Returns
 * `undefined` if the job waits for no answer.
 */
export function showChallenge(job: Job, sealedTaskToken: string, expiresAt: Date): OngoingChange | undefined {
  const { phase, challenge } = job;
  if (challenge === undefined || (phase !== "challenged" && phase !== "awaiting-answer")) return undefined;
  const shown = { ...challenge, expiresAt: challenge.expiresAt ?? expiresAt.toISOString() };
  const steps = job.steps.map((step) =>
    step.title === MFA_CHALLENGE ? { ...step, status: "in-progress" as const, result: null } : step,
  );
  return { event: "challengeOpened", changes: { challenge: shown, sealedTaskToken, steps } };
}

/**
 * Fails the job after the deadline of its challenge. A further attempt goes back to the queue instead. Returns
 * `undefined` before the deadline.
 */
export function expireChallenge(job: Job, clock: Clock): JobChange | undefined {
  if (job.phase !== "awaiting-answer" || !isPast(job, clock.now())) return undefined;
  if (job.queue !== undefined) {
    return holdChange(job, { attempt: job.attempt, reason: "challenge-not-answered" }, clock);
  }
  return failure(job, MFA_EXPIRED);
}

/**
 * Goes back to following: the aggregator does not wait for the answer any more, so its job shows what comes next. Pass
 * the job's `sealedTaskToken` if its execution still has to be woken.
 */
export function closeChallenge(
  job: Job,
  clock: Pick<Clock, "after">,
  sealedTaskToken?: string,
): OngoingChange {
  const followUntil = followUntilAfterAnswer(job, clock);
  return { event: "challengeClosed", changes: { followUntil, sealedTaskToken } };
}

/** Returns until when we follow the job after a challenge (ISO 8601). */
export function followUntilAfterAnswer(job: Job, clock: Pick<Clock, "after">): string {
  return clock.after(Math.max(job.followLeftMs ?? 0, FOLLOW_AFTER_ANSWER_MS)).toISOString();
}

/**
 * Returns whether the aggregator has received the answer that we may have sent. An unchanged challenge proves that
 * the answer has not arrived.
 */
export function fateOfAnswer(challenge: Challenge, seen: UpstreamJob): "received" | "not-received" {
  const asked = openChallenge(seen);
  const isUnchanged = seen.updated !== "" && seen.updated === challenge.upstreamUpdated;
  return asked !== undefined && isUnchanged ? "not-received" : "received";
}
