import { MAX_ANSWER_MS } from "./challenge.ts";
import { QUEUE_LIMIT_SECONDS } from "./queue.ts";

/*
 * How long each kind of row may live. Secrets are deleted long before, as soon as the job cannot need them any more.
 * Their time to live is the last safeguard, if that deletion never happened.
 */

const DAY_SECONDS = 24 * 3600;
const DAY_MS = DAY_SECONDS * 1000;

/** A sealed login lives one day longer than the longest wait in the queue. */
export const LOGIN_TTL_MS = QUEUE_LIMIT_SECONDS * 1000 + DAY_MS;

/** What jobs met at a bank is stored longer than any of them can wait for it. */
export const OUTAGE_TTL_MS = QUEUE_LIMIT_SECONDS * 1000 + DAY_MS;

/** Longer than a client token lives, and than the rounds of an erasure. */
export const ERASURE_TTL_MS = 2 * DAY_MS;

/**
 * A sealed answer lives four times as long as the longest deadline of a challenge, which
 * leaves time to send it again.
 */
export const ANSWER_TTL_MS = 4 * MAX_ANSWER_MS;

/** For this long, a repeated request with the same Idempotency-Key gets the first reply. */
export const IDEMPOTENCY_TTL_MS = DAY_MS;

/** Rows that outlive their job live for a quarter, and in any case longer than the longest wait in the queue. */
const LONG_DAYS = Math.max(90, Math.ceil(QUEUE_LIMIT_SECONDS / DAY_SECONDS) + 1);

/** Jobs can be read for this long after their last change, unless the deployment sets another period. */
export const DEFAULT_RETENTION_DAYS = LONG_DAYS;
export const MAX_RETENTION_DAYS = 3650;

/**
 * A claim lives as long as a job does by default, which is far longer than the queue. A claim
 * whose job is missing is free.
 */
export const CLAIM_TTL_DAYS = LONG_DAYS;

/** Banks forget wrong logins only after a correct login. No user waits longer than this between two logins. */
export const REFUSED_LOGINS_TTL_DAYS = LONG_DAYS;

/** Returns the end of a row's life in seconds since 1970, the format of DynamoDB's time to live. */
export function storedUntil(changedAt: string, days: number): number {
  return Math.ceil(Date.parse(changedAt) / 1000) + days * DAY_SECONDS;
}
