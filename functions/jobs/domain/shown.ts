import { type Challenge, isFinished, type Job, type Queue, type QueueReason } from "./job.ts";

/*
 * The parts of a job that its client sees only in some phases. The API renders them, and a job's events depend on them.
 */

/** The fields of a job from which its reply is rendered. */
export type ShownJob = Pick<
  Job,
  | "id"
  | "userId"
  | "phase"
  | "createdAt"
  | "updatedAt"
  | "steps"
  | "attempt"
  | "connectionId"
  | "challenge"
  | "queue"
>;

/** Returns the challenge and its deadline while the job waits for an answer. */
export function shownChallenge({
  phase,
  challenge,
}: Pick<Job, "phase" | "challenge">): (Challenge & { expiresAt: string }) | undefined {
  if (phase !== "awaiting-answer" || challenge?.expiresAt === undefined) return undefined;
  return { ...challenge, expiresAt: challenge.expiresAt };
}

/** Returns the wait of a queued job, with its reason. */
export function shownQueue({
  phase,
  queue,
}: Pick<Job, "phase" | "queue">): (Queue & { reason: QueueReason }) | undefined {
  if (phase !== "queued" || queue === undefined) return undefined;
  return { ...queue, reason: queue.reason ?? "institution-unavailable" };
}

/** Returns whether the client sees only progress: the job asks nothing, is not in the queue, and is not over. */
export function isRunning(job: Pick<Job, "phase" | "challenge" | "queue">): boolean {
  return !isFinished(job) && shownChallenge(job) === undefined && shownQueue(job) === undefined;
}
