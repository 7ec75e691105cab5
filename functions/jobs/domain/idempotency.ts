import { createHash } from "node:crypto";
import type { Secret, SecretRef } from "./secret.ts";

/** A request with an Idempotency-Key. Each user has separate keys. */
export interface KeyedRequest {
  userId: string;
  key: string;
  /** Everything that identifies the request: method, path, and the body as received, including any secrets in it. */
  text: Secret;
}

/** Shows whether two requests are equal. Reveals nothing about the request without decryption of its key. */
export interface Fingerprint {
  /** The HMAC-SHA-256 of the request's text. */
  mac: Uint8Array;
  /** The key of the MAC, sealed: a random key for each request. */
  sealedKey: Uint8Array;
}

export interface StoredReply {
  status: number;
  body: object;
  jobId?: string | undefined;
}

/** The stored state of a request with an Idempotency-Key. */
export interface Reservation {
  /**
   * The job that the request creates, whichever run completes the request. If it creates several jobs, their
   * ids derive from this id.
   */
  jobId: string;
  fingerprint: Fingerprint;
  /** Differs with every write. */
  writeId: string;
  /** When the run that processes the request began. ISO 8601. Absent if no run does. */
  busySince?: string | undefined;
  /** In seconds since 1970. From then on, the key may be used for another request. */
  expiresAt: number;
  /** Once the reply is set, the reservation never changes. */
  reply?: StoredReply | undefined;
}

/** Returns the reference of a fingerprint's key, which ties the key to this user's reservation. */
export function fingerprintKeyOf({ userId }: KeyedRequest, jobId: string): SecretRef {
  return { jobId, userId, purpose: "idempotency" };
}

/** An API function lives for 29 s of real time, also with a scaled clock. */
const REQUEST_MS = 30_000;

/**
 * Returns whether a run that began at `since` may still be active. A run that takes over waits
 * until the first run has died.
 */
export function mayBeAtWork(since: string, now: Date): boolean {
  return now.getTime() < Date.parse(since) + REQUEST_MS;
}

/** Derives an id from an id and a name. The same input always gives the same id, in the form of a UUID v4. */
export function derivedId(id: string, name: string): string {
  const hash = createHash("sha256").update(`${id} ${name}`).digest("hex");
  const variant = ((Number.parseInt(hash.charAt(16), 16) & 3) | 8).toString(16);
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `4${hash.slice(13, 16)}`,
    `${variant}${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ].join("-");
}
