import type { Secret } from "./secret.ts";
import type { SecretRef } from "./secret-refs.ts";

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

export interface Reservations {
  find(request: KeyedRequest): Promise<Reservation | undefined>;
  /** Compare-and-swap: false when there is another one than `from`. */
  write(request: KeyedRequest, next: Reservation, from: Reservation | undefined): Promise<boolean>;
  /** Nothing when it has changed. */
  remove(request: KeyedRequest, reservation: Reservation): Promise<void>;
}

export interface Fingerprints {
  take(ref: SecretRef, text: Secret): Promise<Fingerprint>;
  matches(ref: SecretRef, text: Secret, fingerprint: Fingerprint): Promise<boolean>;
}

/** The key of a fingerprint opens for this user's reservation only. */
export function fingerprintKeyOf({ userId }: KeyedRequest, jobId: string): SecretRef {
  return { jobId, userId, purpose: "idempotency" };
}
