import type { Secret } from "../../jobs/domain/secret.ts";
import type { EndedLink, Link } from "./link.ts";

/** The links, by the hashes of their ids. */
export interface Links {
  /** Returns `undefined` for an id that no link has. */
  find(hash: string): Promise<Link | EndedLink | undefined>;
  /** Returns false if the link has ended already. */
  add(link: Link): Promise<boolean>;
  /** Replaces the version that was read as `from`. Returns false if the link has changed since then. */
  write(next: Link, from: Link): Promise<boolean>;
  /** Replaces a link by the note that it has ended. A link that does not exist yet can then not be added. */
  end(link: EndedLink): Promise<void>;
}

/** A user has one link at a time. */
export interface CurrentLink {
  hash: string;
  /** ISO 8601. */
  validUntil: string;
}

/** What only the company may read of a link. It is stored sealed. */
export interface SealedLink extends CurrentLink {
  id: Secret;
  mobile: string;
}

export interface CurrentLinks {
  find(userId: string): Promise<CurrentLink | undefined>;
  /** Returns `undefined` if there is no link, or if its seal is broken. */
  reveal(userId: string): Promise<SealedLink | undefined>;
  /** Compare-and-swap. Returns false if the user's link is not `from` any more. */
  replace(userId: string, next: SealedLink, from: CurrentLink | undefined): Promise<boolean>;
  /** Does nothing if the user has another link by now. */
  remove(userId: string, link: Pick<CurrentLink, "hash">): Promise<void>;
}

/** What links ask of the aggregator. Every call throws `UpstreamUnavailable` or `UpstreamRefused` if it fails. */
export interface LinkUpstream {
  /** Returns `undefined` if the aggregator has no such user. */
  user(userId: string): Promise<UpstreamUser | undefined>;
  hasActiveConsent(userId: string): Promise<boolean>;
  /** Returns a new token that is bound to the user, or `undefined` if the aggregator refuses to issue one. */
  clientToken(userId: string): Promise<Secret | undefined>;
}

export interface UpstreamUser {
  /** Empty if the user has none. */
  mobile: string;
}
