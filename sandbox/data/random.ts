import { createHash } from "node:crypto";

/** Returns a number from 0 (included) to 1 (excluded), and another one each time. */
export type Random = () => number;

/** Returns a source of numbers that is the same for the same seed, on every machine. */
export function randomFrom(seed: string | number): Random {
  let state = typeof seed === "number" ? seed : hash(seed);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A 32-bit FNV-1a hash. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value;
}

/** Returns a whole number from `low` to `high`, both included. */
export function between(random: Random, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}

/** Returns digits with the given count. */
export function digitsFrom(seed: string, count: number): string {
  const random = randomFrom(seed);
  return Array.from({ length: count }, () => between(random, 0, 9)).join("");
}

/** Returns an id with the form of a random UUID that is the same for the same text. */
export function idFrom(seed: string): string {
  const hex = createHash("sha256").update(seed).digest("hex");
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`];
  return [...parts, hex.slice(20, 32)].join("-");
}
