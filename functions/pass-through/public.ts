import { createHash } from "node:crypto";
import { isIPv6 } from "node:net";
import { type CountDeps, countRequest } from "../access/rate-limit.ts";
import type { Clock } from "../jobs/domain/clock.ts";
import type { PassedCall, PassedReply, Passing } from "./passing.ts";

export interface PublicDeps extends CountDeps {
  /** Has pauses of its own: the aggregator's 429 to a caller without a token stops no other request. */
  publicPassing: Passing;
  publicReplies: ReplyCache;
}

/**
 * Passes a request that needs no token. Counts it for its address first, then, unless the cache has the reply, for the
 * budget that all such requests share. Throws a `Refusal` if a limit is exceeded.
 */
export async function passPublicly(
  deps: PublicDeps,
  address: string,
  call: PassedCall,
): Promise<PassedReply> {
  await countRequest(deps, "address", groupOf(address));
  const key = `${call.path}?${call.query}`;
  const cached = deps.publicReplies.find(key);
  if (cached !== undefined) return cached;
  await countRequest(deps, "public", "all");
  const reply = await deps.publicPassing.send(call);
  deps.publicReplies.store(key, reply);
  return reply;
}

/** In hexadecimal digits: a few hundred IPv4 addresses share each value, so that no row identifies a person. */
const GROUP_DIGITS = 6;

/** Returns a short hash of an address. An IPv6 address counts with its network, because one network has endless addresses. */
export function groupOf(address: string): string {
  return createHash("sha256").update(networkOf(address)).digest("hex").slice(0, GROUP_DIGITS);
}

const IPV4_IN_IPV6 = /^::ffff:(?=[\d.]+$)/i;

function networkOf(address: string): string {
  const plain = address.replace(IPV4_IN_IPV6, "");
  if (!isIPv6(plain)) return plain;
  const [start = "", end] = plain.toLowerCase().split("::");
  const groups = start === "" ? [] : start.split(":");
  const after = end === undefined || end === "" ? [] : end.split(":");
  const zeros = end === undefined ? 0 : Math.max(0, 8 - groups.length - after.length);
  const all = [...groups, ...Array.from({ length: zeros }, () => "0"), ...after];
  return all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":");
}

export interface ReplyCache {
  find(key: string): PassedReply | undefined;
  store(key: string, reply: PassedReply): void;
}

const CACHED_MS = 5 * 60_000;
const MAX_REPLIES = 100;
/** In bytes, of all replies together. */
const MAX_CACHED_BYTES = 32 * 1024 * 1024;

/** Stores replies in the memory of one instance of the function. When it is full, removes the oldest reply. */
export function replyCache(clock: Pick<Clock, "after" | "msUntil">): ReplyCache {
  const stored = new Map<string, { reply: PassedReply; until: Date }>();
  let bytes = 0;

  function remove(key: string): void {
    bytes -= stored.get(key)?.reply.body.byteLength ?? 0;
    stored.delete(key);
  }

  return {
    find(key) {
      const found = stored.get(key);
      if (found !== undefined && clock.msUntil(found.until) > 0) return found.reply;
      remove(key);
      return undefined;
    },
    store(key, reply) {
      remove(key);
      stored.set(key, { reply, until: clock.after(CACHED_MS) });
      bytes += reply.body.byteLength;
      for (const oldest of stored.keys()) {
        if (stored.size <= MAX_REPLIES && bytes <= MAX_CACHED_BYTES) return;
        remove(oldest);
      }
    },
  };
}
