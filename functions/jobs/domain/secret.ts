import { timingSafeEqual } from "node:crypto";
import { inspect } from "node:util";
import type { Job } from "./job.ts";

const MASK = "[secret]";

/** Carries a login, an answer or a token through the code. Every way of printing it prints `[secret]`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself. Called where it is sealed, sent or looked for, nowhere else. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [Symbol.toPrimitive](): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}

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

/**
 * Whether two are the same, of bytes that a secret went into: nothing else compares such. The time that it takes says nothing
 * of where they differ; how many they are is no secret.
 */
export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.byteLength === other.byteLength && timingSafeEqual(one, other);
}
