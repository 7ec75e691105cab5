import { MAX_ANSWER_MS } from "./challenge.ts";
import { QUEUE_LIMIT_SECONDS } from "./queue.ts";

/*
 * How long each kind of row may live. What holds a secret is deleted long before, as soon as the job cannot need it any more: its
 * time to live is the last safety net, for when that deletion never happened.
 */

const HOUR_MS = 3600 * 1000;
const DAY_MS = 24 * HOUR_MS;

/** A sealed login outlives the longest wait in the queue by a day. */
export const LOGIN_TTL_MS = QUEUE_LIMIT_SECONDS * 1000 + DAY_MS;

/** A sealed answer outlives the longest deadline of a challenge four times, which leaves time to send it again. */
export const ANSWER_TTL_MS = 4 * MAX_ANSWER_MS;

/** A repeated request with the same Idempotency-Key gets the first reply for this long. */
export const IDEMPOTENCY_TTL_MS = DAY_MS;

const QUARTER_DAYS = 90;

/** Jobs can be read for this long after their last change, unless the deployment says otherwise. */
export const DEFAULT_RETENTION_DAYS = QUARTER_DAYS;
export const MAX_RETENTION_DAYS = 3650;

/** A claim lives as long as a job does by default: far longer than the queue. A claim whose job is gone is free. */
export const CLAIM_TTL_DAYS = QUARTER_DAYS;

/** Banks forget wrong logins only when a right one comes; nobody waits for longer than this between two of them. */
export const REFUSED_LOGINS_TTL_DAYS = QUARTER_DAYS;

/** The end of a row's life, in seconds since 1970, as DynamoDB's time to live has it. */
export function keptUntil(changedAt: string, days: number): number {
  return Math.ceil(Date.parse(changedAt) / 1000) + days * 24 * 3600;
}
