import { inspect } from "node:util";
import type { Canary } from "./canary.ts";
import { type Needle, needlesOf } from "./written-forms.ts";

/** A place where a secret may have ended up. */
export interface Sink {
  readonly name: string;
  readonly content: string | Uint8Array;
}

export interface Finding {
  readonly canary: Canary;
  readonly form: string;
  readonly sink: string;
  /** The first byte of the first occurrence. */
  readonly at: number;
}

export interface Scanner {
  readonly canaries: number;
  readonly needles: number;
  /** Finds each form of each canary once, and its halves only where the whole is not found. */
  scan(sink: Sink): Finding[];
}

/** The first bytes of a needle, which are looked up at every byte of a sink. */
const KNOWN_BY_BYTES = 8;
const FILTER_BITS = 24;
const MIX_HIGH = 0x9e3779b1;
const MIX_LOW = 0x85ebca6b;

/**
 * Searches for all forms of all canaries in one pass over the bytes, with a comparison only where the next eight bytes are those
 * of a needle. A hundred megabytes take a second or two for any number of canaries.
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

/** An error with its hidden properties and all its causes. */
export function errorSink(name: string, error: unknown): Sink {
  const parts: unknown[] = [];
  for (let cause = error; cause !== undefined && !parts.includes(cause); ) {
    parts.push(cause);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  const content = parts.flatMap((part) => [
    inspect(part, { showHidden: true, depth: 20, maxStringLength: null, maxArrayLength: null }),
    ...(part instanceof Error ? [part.name, part.message, part.stack ?? ""] : []),
    ...ownTexts(part),
  ]);
  return { name, content: content.join("\n") };
}

/** Unescaped, in contrast to `inspect`. */
function ownTexts(part: unknown): string[] {
  if (typeof part !== "object" || part === null) return [String(part)];
  const names = Reflect.ownKeys(part);
  return names.map((name) => Reflect.get(part, name)).filter((value) => typeof value === "string");
}
