import type { Clock } from "../../jobs/domain/clock.ts";
import { Refusal } from "../../jobs/domain/refusal.ts";
import { hasEnded, type Link } from "../domain/link.ts";
import type { Links } from "../domain/ports.ts";
import { type Session, type SessionKey, sessionKeyIn, sessionOf } from "../domain/session.ts";
import type { FoundLink } from "../domain/use-link.ts";

export interface SessionDeps {
  clock: Pick<Clock, "now">;
  links: Pick<Links, "find" | "write">;
}

/** Returns the session of a cookie. Throws a `Refusal` if there is none, or if it is over. */
export async function requireSession(deps: SessionDeps, cookie: string | undefined): Promise<Session> {
  return (await findSession(deps, cookie)).session;
}

export interface FoundSession {
  session: Session;
  key: SessionKey;
  link: Link;
}

/** As {@link requireSession}, with the link of the session and the key of its browser. */
export async function findSession(deps: SessionDeps, cookie: string | undefined): Promise<FoundSession> {
  const key = sessionKeyIn(cookie);
  if (key === undefined) throw new Refusal("session-not-valid");
  return { key, ...sessionOf(await deps.links.find(key.linkHash), key, deps.clock.now()) };
}

/** Remembers jobs of a session, each once. Throws a `Refusal` if the link has ended meanwhile. */
export async function noteJobs(
  deps: SessionDeps,
  { linkHash }: Pick<Session, "linkHash">,
  jobIds: readonly string[],
): Promise<void> {
  await changeLink(deps, linkHash, (found) => withJobs(living(found), jobIds));
}

/** Returns the same link if it has all the jobs. */
export function withJobs(link: Link, jobIds: readonly string[]): Link {
  if (jobIds.every((id) => link.jobIds.includes(id))) return link;
  return { ...link, jobIds: [...new Set([...link.jobIds, ...jobIds])] };
}

/** Throws a `Refusal` if a link has ended. */
export function living(found: FoundLink): Link {
  if (found === undefined || hasEnded(found)) throw new Refusal("session-not-valid");
  return found;
}

/** After this many lost races, a request is refused: it can be sent again. */
const MAX_ROUNDS = 5;

/**
 * Applies a change to a link until no other write comes between. A change that returns the same link writes nothing. A caller that
 * has read the link passes it as `known`, which saves a read.
 */
export async function changeLink(
  { links }: Pick<SessionDeps, "links">,
  hash: string,
  change: (found: FoundLink) => Link,
  known?: Link,
): Promise<Link> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const found = (round === 0 ? known : undefined) ?? (await links.find(hash));
    const next = change(found);
    if (next === found) return next;
    if (await links.write(next, living(found))) return next;
  }
  throw new Refusal("service-unavailable");
}
