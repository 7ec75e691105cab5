import { Refusal } from "../../jobs/domain/refusal.ts";
import type { Secret } from "../../jobs/domain/secret.ts";
import { hasHash, hashOf } from "./hashes.ts";
import { type EndedLink, hasEnded, type Link } from "./link.ts";

/** A link that was looked up; `undefined` if there is none. */
export type FoundLink = Link | EndedLink | undefined;

/**
 * Returns a link that a browser may open or press. Throws a `Refusal` if it does not exist, is over, or serves another browser.
 */
export function openLink(found: FoundLink, browser: Secret | undefined, now: Date): Link {
  if (found === undefined) throw new Refusal("link-not-found");
  if (hasEnded(found)) throw new Refusal("link-over");
  const { validUntil, use } = found;
  if (Date.parse(use?.sessionUntil ?? validUntil) <= now.getTime()) throw new Refusal("link-over");
  const isOthers = use !== undefined && (browser === undefined || !hasHash(browser, use.browserHash));
  if (isOthers) throw new Refusal("link-used");
  return found;
}

/** Uses a link up for a browser. Changes nothing if the same browser has pressed before. */
export function pressed(link: Link, browser: Secret, sessionUntil: Date): Link {
  if (link.use !== undefined) return link;
  return { ...link, use: { browserHash: hashOf(browser), sessionUntil: sessionUntil.toISOString() } };
}
