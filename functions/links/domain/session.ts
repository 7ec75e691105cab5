import { Refusal } from "../../jobs/domain/refusal.ts";
import { Secret } from "../../jobs/domain/secret.ts";
import { hasHash } from "./hashes.ts";
import { type EndedLink, hasEnded, type Link, type LinkAction } from "./link.ts";

export const SESSION_MINUTES = 60;
export const SESSION_MS = SESSION_MINUTES * 60_000;

/** The session of the browser that pressed the button of a link. */
export interface Session {
  linkHash: string;
  userId: string;
  action: LinkAction;
  institutionId?: string | undefined;
  connectionId?: string | undefined;
  returnUrl?: string | undefined;
  state?: string | undefined;
  /** ISO 8601. */
  expiresAt: string;
  /** The jobs of the session, the first one first. */
  jobIds: readonly string[];
}

/** The result of a session for the company's application. `in-progress`: the application watches the jobs. */
export type Outcome = "succeeded" | "failed" | "queued" | "cancelled" | "in-progress";

/** The value of the session's cookie: the link that it is bound to, and the random text of the browser. */
export interface SessionKey {
  linkHash: string;
  browser: Secret;
}

const KEY = /^([\w-]{43})\.([\w-]{43})$/;

/** Returns `undefined` for text of any other form. */
export function sessionKeyIn(cookie: string | undefined): SessionKey | undefined {
  const [, linkHash, browser] = KEY.exec(cookie ?? "") ?? [];
  return linkHash === undefined || browser === undefined
    ? undefined
    : { linkHash, browser: new Secret(browser) };
}

export function sessionCookieValue({ linkHash, browser }: SessionKey): Secret {
  return new Secret(`${linkHash}.${browser.reveal()}`);
}

/**
 * Returns the session of a browser, and its link. Throws a `Refusal` unless this browser has pressed the button of the link within the
 * last hour.
 */
export function sessionOf(
  link: Link | EndedLink | undefined,
  { browser }: Pick<SessionKey, "browser">,
  now: Date,
): { session: Session; link: Link } {
  if (link === undefined || hasEnded(link) || link.use === undefined) throw new Refusal("session-not-valid");
  const { browserHash, sessionUntil } = link.use;
  const isOver = Date.parse(sessionUntil) <= now.getTime();
  if (isOver || !hasHash(browser, browserHash)) throw new Refusal("session-not-valid");
  const { hash: linkHash, userId, action, institutionId, connectionId, returnUrl, state, jobIds } = link;
  const of = { linkHash, userId, action, institutionId, connectionId, returnUrl, state, jobIds };
  return { session: { ...of, expiresAt: sessionUntil }, link };
}

/**
 * Returns the address of the company's application to which a person goes back, or `undefined` if the link has none. The address
 * stays as the company wrote it, and gets a query.
 */
export function returnAddress(
  { returnUrl, state }: Pick<Session, "returnUrl" | "state">,
  jobs: readonly { id: string }[],
  outcome: Outcome,
): string | undefined {
  if (returnUrl === undefined) return undefined;
  const fields = [
    ...(jobs.length > 0 ? [["jobIds", jobs.map(({ id }) => id).join(",")]] : []),
    ...(state === undefined ? [] : [["state", state]]),
    ["outcome", outcome],
  ];
  // `URLSearchParams` would write a space as `+`, which not every application reads.
  const query = fields.map(([name, value = ""]) => `${name}=${encodeURIComponent(value)}`).join("&");
  const [address = "", ...fragment] = returnUrl.split("#");
  const separator = address.includes("?") ? "&" : "?";
  return [`${address}${separator}${query}`, ...fragment].join("#");
}
