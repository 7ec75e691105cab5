import { createHash } from "node:crypto";

/** Returns the SHA-256 of a text in hex, the form of the aggregator's event ids. */
export function hashed(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Returns a UUID that follows from a text. */
export function uuidFrom(text: string): string {
  const hex = hashed(text);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
