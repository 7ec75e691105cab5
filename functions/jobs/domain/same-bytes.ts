import { timingSafeEqual } from "node:crypto";

/**
 * Whether two are the same, of bytes that a secret went into: nothing else compares such. The time that it takes says nothing
 * of where they differ; how many they are is no secret.
 */
export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.byteLength === other.byteLength && timingSafeEqual(one, other);
}
