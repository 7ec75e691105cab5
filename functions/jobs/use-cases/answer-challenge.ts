import type { TokenClaims } from "../../access/caller.ts";
import type { UserCountDeps } from "../../access/rate-limit.ts";
import {
  awaitsSending,
  challengeState,
  isUndecided,
  packAnswers,
  refusalOfAnswer,
  repeatsDecided,
  takeAnswer,
  wasAnswered,
} from "../domain/challenge.ts";
import type { Challenge, Job } from "../domain/job.ts";
import type { Ports } from "../domain/ports.ts";
import { Refusal } from "../domain/refusal.ts";
import { answerTo, type Secret, taskTokenOf } from "../domain/secret.ts";
import { ANSWER_TTL_MS } from "../domain/times-to-live.ts";
import { changeJob } from "./change-job.ts";
import { readCountedJob } from "./read-job.ts";
import { type WaitDeps, waitWhile } from "./wait-while.ts";

export interface AnswerChallenge {
  jobId: string;
  caller: TokenClaims;
  answers: readonly Secret[];
  /** The challenge that the user has seen. An answer to another one is not taken. */
  seen?: number;
}

type Deps = Pick<Ports, "jobs" | "vault" | "sealer" | "waker"> & UserCountDeps;

/**
 * Accepts an answer as {@link answerChallenge} does, and waits until the bank has decided on it, at most `waitMs`. Does not
 * wait if too many other requests wait. An answer that is posted again a moment later gets the same decision. Returns
 * the job. Throws a `Refusal` in the bank's words if the answer was wrong. Nothing is lost if the wait is cut short: the
 * workflow sends the answer.
 */
export async function answerAndWait(
  deps: Deps & WaitDeps,
  request: AnswerChallenge,
  waitMs: number,
): Promise<Job> {
  const found = await readCountedJob(deps, request);
  const answered = repeatsDecided(found, deps.clock.now()) ? found : await answerFound(deps, found, request);
  const number = answered.challenge?.number ?? 0;
  const isWaiting = (job: Job) => isUndecided(job, number);
  const job = await waitWhile(deps, answered, isWaiting, deps.clock.after(waitMs));
  const words = refusalOfAnswer(job, number);
  if (words !== undefined) throw new Refusal({ reason: "answer-refused", words });
  return job;
}

/**
 * Accepts the answer to the open challenge. The first answer wins. Posting it again is no error, and completes the
 * work that a crash may have interrupted between storing the answer and waking the workflow. Throws a `Refusal` if
 * the challenge is over or not active, or if the number of answers is wrong.
 */
export async function answerChallenge(deps: Deps, request: AnswerChallenge): Promise<Job> {
  return answerFound(deps, await readCountedJob(deps, request), request);
}

async function answerFound(deps: Deps, job: Job, request: AnswerChallenge): Promise<Job> {
  const challenge = requireChallenge(job, deps.clock.now());
  if (request.seen !== undefined && request.seen !== challenge.number)
    throw new Refusal("challenge-not-active");
  if (request.answers.length !== challenge.input.length)
    throw new Refusal({ reason: "answers-not-valid", field: "mfa-response" });
  if (job.phase !== "awaiting-answer") return woken(deps, job);

  const ref = answerTo(job, challenge);
  await deps.vault.store(ref, packAnswers(request.answers), deps.clock.after(ANSWER_TTL_MS));
  const after = await changeJob(deps, job.id, (current) => takeAnswer(current, challenge.number));
  if (!awaitsSending(after, challenge)) await deps.vault.destroy(ref);
  if (wasAnswered(after, challenge)) return woken(deps, after);
  requireChallenge(after, deps.clock.now());
  throw new Refusal("challenge-not-active");
}

function requireChallenge(job: Job, now: Date): Challenge {
  const state = challengeState(job, now);
  if (state === "over") throw new Refusal("challenge-over");
  if (state === "not-active" || job.challenge === undefined) throw new Refusal("challenge-not-active");
  return job.challenge;
}

async function woken(deps: Deps, job: Job): Promise<Job> {
  await wakeIfAnswered(deps, job);
  return job;
}

/**
 * Wakes the workflow of a job whose answer was accepted and not sent yet, or whose challenge was closed. Waking it
 * again is no error.
 */
export async function wakeIfAnswered(deps: Pick<Ports, "sealer" | "waker">, job: Job): Promise<void> {
  const { phase, sealedTaskToken, challenge } = job;
  const waits = phase === "answered" || phase === "following";
  if (!waits || sealedTaskToken === undefined || challenge === undefined) return;
  const token = await deps.sealer.unseal(taskTokenOf(job), Buffer.from(sealedTaskToken, "base64"));
  await deps.waker.wake(token, challenge.number);
}
