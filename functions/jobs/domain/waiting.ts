/*
 * Requests that wait for a change of a job. Each waiting request occupies one function for seconds, so a deployment
 * limits how many wait at a time: it has a number of slots, and a request waits only while it holds one.
 */

/** `GET /jobs/{jobId}/changes` waits this long, unless the request sets another time. */
export const DEFAULT_WAIT_SECONDS = 20;
/** An API function lives for 29 s, and it needs some of them to start and to read the job. */
export const MAX_WAIT_SECONDS = 25;

/** A new AWS account has ten concurrent functions, and other requests and the workflow need most of them. */
export const DEFAULT_WAITERS = 3;
/** One `BatchGetItem` reads the rows of all slots, and it reads at most 100 rows. */
export const MAX_WAITERS = 100;

/** A client whose request may not wait asks again after this time. */
export const RETRY_AFTER_SECONDS = 2;

/** The time between two reads of the job. A client learns of a change half of it later on average. */
export const POLL_MS = 250;

/**
 * A lease outlives the wait by this time, so that it cannot end before the wait does: the last read may take seconds, and
 * the clocks of two functions differ a little.
 */
const LEASE_MARGIN_MS = 5_000;

/** A slot that one request holds. Without a release, because the function was killed, the slot is free at `until`. */
export interface SlotLease {
  /** From 0. */
  slot: number;
  /** Unique to the request. */
  id: string;
  until: Date;
}

/** Returns how long a request needs its slot that waits for this time. */
export function leaseMs(waitMs: number): number {
  return waitMs + LEASE_MARGIN_MS;
}

/** If other requests take the chosen slot first, we try another one, this many in all. */
const MAX_TRIES = 3;

/** Returns the free slots that a request tries, in its order: requests at the same time begin at different slots. */
export function slotsToTry(free: readonly number[], leaseId: string): number[] {
  const start = free.length === 0 ? 0 : Number.parseInt(leaseId.slice(-4), 16) % free.length;
  return [...free.slice(start), ...free.slice(0, start)].slice(0, MAX_TRIES);
}
