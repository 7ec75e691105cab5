import { createHash } from "node:crypto";
import type { Secret } from "../jobs/domain/secret.ts";

const PREFIX = "api-key#";

/**
 * 48 bits. They need to differ among the keys of one deployment, not to be hard to guess: of a thousand keys, two share
 * an id with a chance below one in 500 million, and then more digits of the hash tell them apart.
 */
const ID_DIGITS = 12;

/** SHA-256 in hexadecimal. API keys are random, so that nothing slower is needed. */
export function apiKeyHash(apiKey: Secret): string {
  return createHash("sha256").update(apiKey.reveal()).digest("hex");
}

/** How people name a key: the beginning of its hash. */
export function apiKeyId(hash: string): string {
  return hash.slice(0, ID_DIGITS);
}

/** The key of an API key's row in the jobs table. */
export function apiKeyRow(hash: string): string {
  return `${PREFIX}${hash}`;
}

export function hashInRow(pk: string): string {
  return pk.slice(PREFIX.length);
}
