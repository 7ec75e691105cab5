import type { Job } from "./job.ts";

/** Names a secret: where it is kept, and the encryption context that it opens under. */
export interface SecretRef {
  jobId: string;
  userId: string;
  purpose: "login" | "task-token" | "idempotency" | `answer-${number}`;
}

export function loginOf(job: Job): SecretRef {
  return { jobId: job.id, userId: job.userId, purpose: "login" };
}

export function taskTokenOf(job: Job): SecretRef {
  return { jobId: job.id, userId: job.userId, purpose: "task-token" };
}

export function answerTo(job: Job, challenge: { number: number }): SecretRef {
  return { jobId: job.id, userId: job.userId, purpose: `answer-${challenge.number}` };
}
