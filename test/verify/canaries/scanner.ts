import type { Canary } from "./canary.ts";
import { type Needle, needlesOf } from "./needles.ts";

/** Where something may have ended up. */
export interface Sink {
  readonly name: string;
  readonly content: string | Uint8Array;
}

export interface Finding {
  readonly canary: Canary;
  readonly form: string;
  readonly sink: string;
  /** The byte at which it begins, of the first place in this sink. */
  readonly at: number;
}

export interface Scanner {
  readonly canaries: number;
  readonly needles: number;
  /** Each form of each canary at most once for each sink. Where the whole stands, its halves are not told again. */
  scan(sink: Sink): Finding[];
}

/** Needles are known by their first bytes: it is these that are looked up at every byte of a sink. */
const KNOWN_BY_BYTES = 8;
const FILTER_BITS = 24;
const MIX_HIGH = 0x9e3779b1;
const MIX_LOW = 0x85ebca6b;

/**
 * Searches for every way of writing every canary at once: one pass over the bytes, and a comparison only where the next eight
 * bytes are those of a needle. A hundred megabytes take a second or two, whatever the number of canaries.
 */
export function scannerFor(canaries: Iterable<Canary>): Scanner {
  const known = [...canaries];
  const needles = known.flatMap(needlesOf);
  const byHash = new Map<number, Needle[]>();
  const filter = new Uint8Array(2 ** (FILTER_BITS - 3));
  for (const needle of needles) {
    if (needle.bytes.length < KNOWN_BY_BYTES) throw new Error(`Too short to be told: ${needle.canary.name}`);
    const hash = hashOf(needle.bytes.readUInt32BE(0), needle.bytes.readUInt32BE(4));
    byHash.set(hash, [...(byHash.get(hash) ?? []), needle]);
    const bit = hash >>> (32 - FILTER_BITS);
    filter[bit >>> 3] = (filter[bit >>> 3] ?? 0) | (1 << (bit & 7));
  }

  function scan({ name, content }: Sink): Finding[] {
    const bytes =
      typeof content === "string"
        ? Buffer.from(content)
        : Buffer.from(content.buffer, content.byteOffset, content.byteLength);
    const found = new Map<Needle, number>();
    let high = 0;
    let low = 0;
    for (let index = 0; index < bytes.length; index++) {
      high = (high << 8) | (low >>> 24);
      low = (low << 8) | (bytes[index] ?? 0);
      const hash = hashOf(high, low);
      const bit = hash >>> (32 - FILTER_BITS);
      if (((filter[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) continue;
      const at = index + 1 - KNOWN_BY_BYTES;
      for (const needle of byHash.get(hash) ?? []) {
        if (!found.has(needle) && standsAt(bytes, at, needle.bytes)) found.set(needle, at);
      }
    }
    return tell(name, found);
  }

  return { canaries: known.length, needles: needles.length, scan };
}

function hashOf(high: number, low: number): number {
  return Math.imul(low ^ Math.imul(high, MIX_HIGH), MIX_LOW) >>> 0;
}

function standsAt(bytes: Buffer, at: number, needle: Buffer): boolean {
  return (
    at >= 0 &&
    bytes.length - at >= needle.length &&
    bytes.compare(needle, 0, needle.length, at, at + needle.length) === 0
  );
}

function tell(sink: string, found: ReadonlyMap<Needle, number>): Finding[] {
  const whole = new Set([...found.keys()].filter(({ form }) => !isHalf(form)).map(({ canary }) => canary));
  return [...found]
    .filter(([{ canary, form }]) => !isHalf(form) || !whole.has(canary))
    .map(([{ canary, form }, at]) => ({ canary, form, sink, at }));
}

function isHalf(form: string): boolean {
  return form.includes(" half, ");
}
