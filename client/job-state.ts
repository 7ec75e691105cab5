import type { Challenge, ErrorResult, Job, QueuedResult } from "./types.ts";

/*
 * What a program concludes from the steps of a job.
 */

/**
 * `asks`: the bank waits for an answer. `queued`: the bank is not available, and the job waits for its next attempt.
 * `succeeded` and `failed`: the job has ended.
 */
export type JobState = "running" | "asks" | "queued" | "succeeded" | "failed";

/** A status that this version does not know counts as running. */
export function stateOf(job: Pick<Job, "steps">): JobState {
  const { steps } = job;
  if (steps.some(({ status }) => status === "failed")) return "failed";
  if (steps.length > 0 && steps.every(({ status }) => status === "success" || status === "skipped")) {
    return "succeeded";
  }
  if (challengeOf(job) !== undefined) return "asks";
  return queueOf(job) === undefined ? "running" : "queued";
}

/** Returns whether the job has succeeded or failed. An ended job never changes. */
export function hasEnded(job: Pick<Job, "steps">): boolean {
  return /^(succeeded|failed)$/.test(stateOf(job));
}

/** Returns what the bank asks now. */
export function challengeOf({ steps }: Pick<Job, "steps">): Challenge | undefined {
  for (const { status, result } of steps) {
    const one = Array.isArray(result) ? result[0] : result;
    if (status === "in-progress" && one && "type" in one && one.type === "mfa") return one;
  }
  return undefined;
}

/** Returns why and until when the job waits in the queue. */
export function queueOf({ steps }: Pick<Job, "steps">): QueuedResult | undefined {
  for (const { status, result } of steps) {
    const isQueued = status === "pending" && result && "code" in result;
    if (isQueued && result.code === "temporary-unavailable-queued" && "attempt" in result) return result;
  }
  return undefined;
}

/** Why a job failed, and in which step. */
export interface Failure {
  step: string;
  code: string;
  title: string;
  /** A sentence that an app may show to its user. */
  detail: string;
}

/** Returns why the job failed. */
export function failureOf({ steps }: Pick<Job, "steps">): Failure | undefined {
  const failed = steps.find(({ status }) => status === "failed");
  if (failed === undefined) return undefined;
  const { title: step, result } = failed;
  const error: Partial<ErrorResult> = result && "code" in result ? result : {};
  const { code = "unknown", title = "", details = title, detail = details } = error;
  return { step, code, title, detail };
}

/** Returns the id of the job's connection once it is known. */
export function connectionIdOf({ links }: Pick<Job, "links">): string | undefined {
  return /\/connections\/([^/?#]+)/.exec(links.source ?? "")?.[1];
}
