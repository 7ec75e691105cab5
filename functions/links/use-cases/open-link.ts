import type { Connect } from "../../access/caller.ts";
import { countRequest, type UserCountDeps } from "../../access/rate-limit.ts";
import type { Clock } from "../../jobs/domain/clock.ts";
import { UpstreamUnavailable } from "../../jobs/domain/errors.ts";
import { Refusal } from "../../jobs/domain/refusal.ts";
import type { Secret } from "../../jobs/domain/secret.ts";
import { consentUiAddress, stateOf } from "../domain/consent-ui.ts";
import { hashOf } from "../domain/hashes.ts";
import type { Link } from "../domain/link.ts";
import type { Links, LinkUpstream } from "../domain/ports.ts";
import { SESSION_MS, type SessionKey, sessionOf } from "../domain/session.ts";
import { openLink, pressed } from "../domain/use-link.ts";
import { changeLink } from "./sessions.ts";

export interface OpenLinkDeps {
  clock: Pick<Clock, "now">;
  links: Pick<Links, "find">;
}

/** Returns a link that a browser may open. Uses nothing up. Throws a `Refusal` if the link is over, or serves another browser. */
export async function findOpenLink(
  { clock, links }: OpenLinkDeps,
  id: Secret,
  browser: Secret | undefined,
): Promise<Link> {
  return openLink(await links.find(hashOf(id)), browser, clock.now());
}

const NONCE_BYTES = 16;

export interface PressDeps extends Pick<UserCountDeps, "requestCounts"> {
  clock: Clock;
  links: Pick<Links, "find" | "write">;
  linkUpstream: Pick<LinkUpstream, "clientToken">;
  /** Returns random text of the given number of bytes. */
  newRandom(bytes: number): Secret;
  connect: Connect;
  consentUiUrl: string;
}

export interface Pressed {
  key: SessionKey;
  /** Where the Consent UI is. Undefined: our own page makes connections. */
  consentUi: Secret | undefined;
}

/**
 * Uses a link up for a browser, and begins its session. The same browser may press again, for example after a lost reply, and
 * continues the session, within the limit of its user's requests. Throws a `Refusal` as {@link findOpenLink} does.
 */
export async function pressLink(deps: PressDeps, id: Secret, browser: Secret | undefined): Promise<Pressed> {
  const now = deps.clock.now();
  const sessionUntil = deps.clock.after(SESSION_MS);
  let isRepeated = false;
  const link = await changeLink(deps, hashOf(id), (found) => {
    const open = openLink(found, browser, now);
    if (browser === undefined) throw new Refusal("cookie-missing");
    isRepeated = open.use !== undefined;
    return pressed(open, browser, sessionUntil);
  });
  if (browser === undefined) throw new Refusal("cookie-missing");
  const key = { linkHash: link.hash, browser };
  if (deps.connect === "direct") return { key, consentUi: undefined };
  if (isRepeated) await countRequest(deps, "user", link.userId);
  return { key, consentUi: await wayTo(deps, link, key) };
}

/**
 * Gets a token for the Consent UI at the moment at which it is needed, so that it lives as long as possible. A browser that presses
 * again gets another one.
 */
async function wayTo(deps: PressDeps, link: Link, key: SessionKey): Promise<Secret> {
  const { session } = sessionOf(link, key, deps.clock.now());
  const token = await deps.linkUpstream.clientToken(session.userId);
  if (token === undefined) throw new UpstreamUnavailable({});
  const state = stateOf(session, key, deps.newRandom(NONCE_BYTES));
  return consentUiAddress(deps.consentUiUrl, session, { token, state });
}
