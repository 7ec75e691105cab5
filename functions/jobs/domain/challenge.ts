import type { Clock } from "./clock.ts";
import { failure, MFA_EXPIRED } from "./failures.ts";
import type { Challenge, Job } from "./job.ts";
import { holdChange } from "./queue.ts";
import { Secret } from "./secret.ts";
import { errorCodeOf, MFA_CHALLENGE, statusOf } from "./steps.ts";
import type { JobChange, OngoingChange } from "./transitions.ts";
import { openChallenge, type UpstreamJob } from "./upstream-job.ts";

const MIN_MS = 60_000;
export const MAX_ANSWER_MS = 15 * 60_000;

/**
 * Returns how long we wait for an answer, in milliseconds: `expiryMs`, but at least 1 minute and at most 15 minutes.
 * The aggregator has sent both 120000 and 3600 as `expiryMs`; taken literally, 3600 would give a user 3.6 s.
 */
export function answerWithinMs(expiryMs: number): number {
  return Math.min(Math.max(expiryMs, MIN_MS), MAX_ANSWER_MS);
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
 * Returns whether the aggregator has received the answer that we may have sent. An unchanged challenge proves that
 * the answer has not arrived.
 */
export function fateOfAnswer(challenge: Challenge, seen: UpstreamJob): "received" | "not-received" {
  const asked = openChallenge(seen);
  const isUnchanged = seen.updated !== "" && seen.updated === challenge.upstreamUpdated;
  return asked !== undefined && isUnchanged ? "not-received" : "received";
}
