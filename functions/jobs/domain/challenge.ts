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
 * How long an answer is waited for. Upstream's `expiryMs` has been seen as 120000 and as 3600: the latter, taken
 * literally, would leave a user 3.6 s.
 */
export function answerWithinMs(expiryMs: number): number {
  return Math.min(Math.max(expiryMs, MIN_MS), MAX_ANSWER_MS);
}

/** The answers to one challenge as one secret, for sealing. */
export function packAnswers(answers: readonly Secret[]): Secret {
  return new Secret(JSON.stringify(answers.map((answer) => answer.reveal())));
}

export function unpackAnswers(packed: Secret): Secret[] {
  const answers: unknown = JSON.parse(packed.reveal());
  return Array.isArray(answers) ? answers.map((answer) => new Secret(String(answer))) : [];
}

export type ChallengeState = "waiting" | "taken" | "over" | "not-active";

/** What an answer that comes now meets. */
export function challengeState(job: Job, now: Date): ChallengeState {
  if (job.phase === "awaiting-answer") return isPast(job, now) ? "over" : "waiting";
  if (job.challenge === undefined) return "not-active";
  if (statusOf(job.steps, MFA_CHALLENGE) === "in-progress" && hasBeenAnswered(job.challenge)) return "taken";
  return wasNeverAnswered(job) ? "over" : "not-active";
}

/** Takes the answer to the numbered challenge, unless that is answered or over. It was kept in time: that is enough. */
export function takeAnswer(job: Job, number: number): OngoingChange | undefined {
  const { phase, challenge } = job;
  if (phase !== "awaiting-answer" || challenge?.number !== number) return undefined;
  return { event: "answerTaken", changes: { challenge: { ...challenge, isAnswered: true } } };
}

export function wasAnswered(job: Job, challenge: Challenge): boolean {
  return job.challenge?.number === challenge.number && job.challenge.isAnswered === true;
}

/** Whether the kept answer to the challenge has still to be sent. */
export function awaitsSending(job: Job, challenge: Challenge): boolean {
  return wasAnswered(job, challenge) && (job.phase === "answered" || job.phase === "sending-answer");
}

/** Whether nobody can answer the job's challenge any more. */
export function isPast(job: Job, now: Date): boolean {
  const deadline = job.challenge?.expiresAt;
  return deadline !== undefined && Date.parse(deadline) <= now.getTime();
}

/** This challenge, or the one before it that the bank has not decided or has asked anew. */
function hasBeenAnswered({ isAnswered, number }: Challenge): boolean {
  return isAnswered === true || number > 1;
}

function wasNeverAnswered(job: Job): boolean {
  const step = job.steps.find(({ title }) => title === MFA_CHALLENGE);
  return errorCodeOf(step) === MFA_EXPIRED.code;
}

/** Shows the challenge, or shows it again under another token; its deadline is set once. */
export function showChallenge(job: Job, sealedTaskToken: string, expiresAt: Date): OngoingChange | undefined {
  const { phase, challenge } = job;
  if (challenge === undefined || (phase !== "challenged" && phase !== "awaiting-answer")) return undefined;
  const shown = { ...challenge, expiresAt: challenge.expiresAt ?? expiresAt.toISOString() };
  const steps = job.steps.map((step) =>
    step.title === MFA_CHALLENGE ? { ...step, status: "in-progress" as const, result: null } : step,
  );
  return { event: "challengeOpened", changes: { challenge: shown, sealedTaskToken, steps } };
}

/** Ends the job when nobody answered in time; a further attempt ends in the queue instead. */
export function expireChallenge(job: Job, clock: Clock): JobChange | undefined {
  if (job.phase !== "awaiting-answer" || !isPast(job, clock.now())) return undefined;
  if (job.queue !== undefined) {
    return holdChange(job, { attempt: job.attempt, reason: "challenge-not-answered" }, clock);
  }
  return failure(job, MFA_EXPIRED);
}

/** Whether upstream still waits for the very answer that may have been sent to it. */
export function fateOfAnswer(challenge: Challenge, seen: UpstreamJob): "received" | "not-received" {
  const asked = openChallenge(seen);
  const isUnchanged = seen.updated !== "" && seen.updated === challenge.upstreamUpdated;
  return asked !== undefined && isUnchanged ? "not-received" : "received";
}
