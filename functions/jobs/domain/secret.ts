import { timingSafeEqual } from "node:crypto";
import { inspect } from "node:util";
import type { Job } from "./job.ts";

const MASK = "[secret]";

/** Holds a login, an answer or a token. Every way of printing it prints `[secret]`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** Returns the value itself. Call this only to encrypt, send or search for the value. */
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

/** Names a secret: its place in the vault, and its encryption context. */
export interface SecretRef {
  jobId: string;
  userId: string;
  purpose: "login" | "task-token" | "idempotency" | "link" | `answer-${number}` | `webhook-${number}`;
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
 * Compares bytes that derive from a secret; use nothing else to compare such bytes. The time depends on the number of
 * bytes, which is no secret, but not on where the bytes differ.
 */
export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.byteLength === other.byteLength && timingSafeEqual(one, other);
}
