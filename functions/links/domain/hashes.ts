import { createHash, createHmac } from "node:crypto";
import { type Secret, sameBytes } from "../../jobs/domain/secret.ts";

/** Returns the SHA-256 of a random text, such as a link's id or a cookie. No table holds the text itself. */
export function hashOf(random: Secret): string {
  return createHash("sha256").update(random.reveal()).digest("base64url");
}

/** Compares with a hash that {@link hashOf} has returned. */
export function hasHash(random: Secret, hash: string): boolean {
  return sameBytes(Buffer.from(hashOf(random)), Buffer.from(hash));
}

/** Returns the HMAC-SHA256 of the parts. No two lists of parts have the same one. */
export function macOf(key: Secret, parts: readonly string[]): string {
  return createHmac("sha256", key.reveal()).update(JSON.stringify(parts)).digest("base64url");
}

/** Compares with what {@link macOf} returns. */
export function hasMac(mac: string, key: Secret, parts: readonly string[]): boolean {
  return sameBytes(Buffer.from(macOf(key, parts)), Buffer.from(mac));
}
