import { createHash } from "node:crypto";
import type { Secret, SecretRef } from "./secret.ts";

/** A request that came with an Idempotency-Key. Keys are a user's own. */
export interface KeyedRequest {
  userId: string;
  key: string;
  /** All that makes it the same request: what is called, on what, and the body as it came, with whatever secrets are in it. */
  text: Secret;
}

/** Tells whether a request is the same, and nothing about it to whoever cannot open the seal. */
export interface Fingerprint {
  /** HMAC-SHA-256 of the request's text. */
  mac: Uint8Array;
  /** The key of the MAC: a random one for each request, sealed. */
  sealedKey: Uint8Array;
}

export interface KeptReply {
  status: number;
  body: object;
  jobId?: string | undefined;
}

/** What is kept of a request with a key. */
export interface Reservation {
  /** The job that the request makes, whoever comes to finish it. Several jobs have ids made of it. */
  jobId: string;
  fingerprint: Fingerprint;
  /** Another one with each write. */
  writeId: string;
  /** Since when somebody is at work on it. ISO 8601. */
  busySince?: string | undefined;
  /** In seconds since 1970: from then on the key may be used for another request. */
  expiresAt: number;
  /** Once there is one, nothing changes any more. */
  reply?: KeptReply | undefined;
}

/** The key of a fingerprint opens for this user's reservation only. */
export function fingerprintKeyOf({ userId }: KeyedRequest, jobId: string): SecretRef {
  return { jobId, userId, purpose: "idempotency" };
}

/** An API function lives 29 s, however time is divided. */
const REQUEST_MS = 30_000;

/** Whether a request that was at work at a moment may still be: whoever wants to take its place waits until it is dead. */
export function mayBeAtWork(since: string, now: Date): boolean {
  return now.getTime() < Date.parse(since) + REQUEST_MS;
}

/** An id that one id and a name always make again, in the form of a UUID v4. */
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
