import type { Connect } from "../../access/caller.ts";
import type { Clock } from "../../jobs/domain/clock.ts";
import { UpstreamRefused, UpstreamUnavailable } from "../../jobs/domain/errors.ts";
import type { Ports } from "../../jobs/domain/ports.ts";
import { Refusal } from "../../jobs/domain/refusal.ts";
import type { Secret } from "../../jobs/domain/secret.ts";
import { hashOf } from "../domain/hashes.ts";
import { DEFAULT_LINK_MINUTES, hasEnded, type Link, type LinkAction, mobileEndOf } from "../domain/link.ts";
import type { CurrentLinks, Links, LinkUpstream, SealedLink } from "../domain/ports.ts";

export interface ManageLinksDeps {
  clock: Pick<Clock, "now" | "after">;
  links: Pick<Links, "find" | "add" | "end">;
  currentLinks: CurrentLinks;
  linkUpstream: Pick<LinkUpstream, "user" | "hasActiveConsent">;
  upstream: Pick<Ports["upstream"], "connection">;
  erasures: Pick<Ports["erasures"], "isErased">;
  newLinkId(): Secret;
  connect: Connect;
  /** The addresses to which persons may go back. */
  returnUrls: readonly string[];
}

/** What the company asks for. */
export interface WantedLink {
  mobile: string | undefined;
  action: LinkAction;
  institutionId: string | undefined;
  connectionId: string | undefined;
  returnUrl: string | undefined;
  state: string | undefined;
  minutes: number | undefined;
  /** Whether the company knows that connections may be deleted. */
  confirmsDeletion: boolean;
}

const MINUTE_MS = 60_000;

/** After this many lost races, a request is refused: it can be sent again. */
const MAX_ROUNDS = 5;

/**
 * Makes a link for a person, and ends the user's earlier one. Throws a `Refusal` if the user, the connection or the consent does not
 * exist, or if the address to return to is not one of the deployment's.
 */
export async function createLink(
  deps: ManageLinksDeps,
  userId: string,
  wanted: WantedLink,
): Promise<SealedLink> {
  requireAllowed(deps, wanted);
  const mobile = await mobileOf(deps, userId, wanted.mobile);
  await requireExisting(deps, userId, wanted);
  const now = deps.clock.now().toISOString();
  const validUntil = deps.clock.after((wanted.minutes ?? DEFAULT_LINK_MINUTES) * MINUTE_MS).toISOString();
  const { action, institutionId, connectionId, returnUrl, state } = wanted;
  const asked = { userId, action, institutionId, connectionId, returnUrl, state };
  const times = { createdAt: now, validUntil };
  const link = { ...asked, ...times, mobileEnd: mobileEndOf(mobile), jobIds: [], returns: [], version: 1 };
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const id = deps.newLinkId();
    const next = { id, hash: hashOf(id), mobile, validUntil };
    if (await replaceLink(deps, userId, next, { ...link, hash: next.hash })) return next;
  }
  throw new Refusal("service-unavailable");
}

/**
 * Ends the earlier link before it stores the new one. So if this stops at any point, only the link that `currentLinks` names can
 * work. Returns false if another request was faster.
 */
async function replaceLink(
  { links, currentLinks }: Pick<ManageLinksDeps, "links" | "currentLinks">,
  userId: string,
  next: SealedLink,
  link: Link,
): Promise<boolean> {
  const before = await currentLinks.find(userId);
  if (before !== undefined) await links.end({ hash: before.hash, endedAt: link.createdAt });
  return (await currentLinks.replace(userId, next, before)) && (await links.add(link));
}

/** The actions that only the Consent UI has. */
function needsConsentUi(action: LinkAction): boolean {
  return action !== null && action !== "connect";
}

function requireAllowed({ connect, returnUrls }: ManageLinksDeps, wanted: WantedLink): void {
  const { action, returnUrl, confirmsDeletion } = wanted;
  if (connect === "direct" && needsConsentUi(action)) {
    throw new Refusal({ reason: "action-not-in-direct", field: "action" });
  }
  if (action === "update" && !confirmsDeletion) {
    throw new Refusal({ reason: "confirmation-missing", field: "confirm" });
  }
  if (returnUrl !== undefined && !returnUrls.includes(returnUrl)) {
    throw new Refusal({ reason: "return-url-not-listed", field: "returnUrl" });
  }
}

/**
 * Returns the mobile number of the request, or that of the user's record, or an empty text. While the aggregator does not answer, a
 * link can still be made. Throws a `Refusal` if the user does not exist.
 */
async function mobileOf(
  { erasures, linkUpstream }: ManageLinksDeps,
  userId: string,
  given: string | undefined,
): Promise<string> {
  if (await erasures.isErased(userId)) throw new Refusal("user-not-found");
  try {
    const user = await linkUpstream.user(userId);
    if (user === undefined) throw new Refusal("user-not-found");
    return given ?? user.mobile;
  } catch (error) {
    if (error instanceof UpstreamUnavailable || error instanceof UpstreamRefused) return given ?? "";
    throw error;
  }
}

async function requireExisting(
  { upstream, linkUpstream }: ManageLinksDeps,
  userId: string,
  { action, connectionId }: WantedLink,
): Promise<void> {
  if (connectionId !== undefined && (await upstream.connection(userId, connectionId)) === undefined) {
    throw new Refusal("connection-not-found");
  }
  if (action === "extend" && !(await linkUpstream.hasActiveConsent(userId))) {
    throw new Refusal({ reason: "no-active-consent", field: "action" });
  }
}

/** Returns the link of a user. Throws a `Refusal` if there is none, or if it has expired. */
export async function findLink(
  { clock, links, currentLinks }: Pick<ManageLinksDeps, "clock" | "links" | "currentLinks">,
  userId: string,
): Promise<SealedLink> {
  const current = await currentLinks.reveal(userId);
  if (current === undefined) throw new Refusal("auth-link-not-found");
  const link = await links.find(current.hash);
  if (link === undefined || hasEnded(link)) throw new Refusal("auth-link-not-found");
  if (Date.parse(link.validUntil) <= clock.now().getTime()) throw new Refusal("auth-link-over");
  return current;
}

/** Ends the link of a user, and its session. Throws a `Refusal` if there is none. */
export async function deleteLink(
  { clock, links, currentLinks }: Pick<ManageLinksDeps, "clock" | "links" | "currentLinks">,
  userId: string,
): Promise<void> {
  const current = await currentLinks.find(userId);
  if (current === undefined) throw new Refusal("auth-link-not-found");
  await links.end({ hash: current.hash, endedAt: clock.now().toISOString() });
  await currentLinks.remove(userId, current);
}
