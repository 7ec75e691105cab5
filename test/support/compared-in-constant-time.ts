import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";

/** What is compared in constant time while something is done: a pair of bytes, in hexadecimal, for each comparison. */
export async function comparedInConstantTime(work: () => Promise<unknown>): Promise<[string, string][]> {
  const { timingSafeEqual } = crypto;
  const pairs: [string, string][] = [];
  crypto.timingSafeEqual = (one, other) => {
    pairs.push([hexOf(one), hexOf(other)]);
    return timingSafeEqual(one, other);
  };
  syncBuiltinESMExports();
  try {
    await work();
  } finally {
    crypto.timingSafeEqual = timingSafeEqual;
    syncBuiltinESMExports();
  }
  return pairs;
}

function hexOf(bytes: NodeJS.ArrayBufferView): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}
