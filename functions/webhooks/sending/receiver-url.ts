import { isIP } from "node:net";
import { Refusal, type RefusalReason } from "../../jobs/domain/refusal.ts";
import { isLoopbackAddress, isPublicAddress } from "./public-addresses.ts";

export interface ReceiverRules {
  /** The hosts of this deployment, such as that of the address of its API; in local mode with the port. */
  ownHosts: readonly string[];
  /**
   * Also allows receivers on the loopback, there by plain HTTP and on any port. Only the composition of local mode sets this:
   * in Lambda the loopback has the API of the runtime.
   */
  allowsLoopback?: boolean | undefined;
}

/** The longest URL of a receiver, in characters. */
const MAX_URL_CHARS = 2048;

/** Other programs read these characters of a URL in another way than we do, or not at all. */
const AMBIGUOUS = /[\s\\\p{C}]/u;

/** A name without a dot, and the domains that exist only inside a network (RFC 6761, RFC 6762, RFC 8375, ICANN). */
const LOCAL_NAME = /^[^.]*$|\.(localhost|local|internal|home\.arpa)$/;

/**
 * Returns the URL of a receiver without its fragment. Throws a `Refusal` that names the broken rule. Looks up no name: the
 * sender checks the addresses of a name at each attempt.
 */
export function requireReceiver(text: string, rules: ReceiverRules): URL {
  const url = AMBIGUOUS.test(text) || text.length > MAX_URL_CHARS ? null : URL.parse(text);
  if (url === null) throw refused("receiver-not-valid");
  url.hash = "";
  if (url.href.length > MAX_URL_CHARS) throw refused("receiver-not-valid");
  const isOnLoopback = rules.allowsLoopback === true && isLoopbackReceiver(url);
  const isPlain = isOnLoopback && url.protocol === "http:";
  if (url.protocol !== "https:" && !isPlain) throw refused("receiver-not-https");
  if (url.port !== "" && !isOnLoopback) throw refused("receiver-not-on-443");
  if (url.username !== "" || url.password !== "") throw refused("receiver-with-login");
  if (rules.ownHosts.some((host) => isOwn(url, host, isOnLoopback))) throw refused("receiver-is-own-host");
  if (!isOnLoopback && !mayBePublic(hostOf(url))) throw refused("receiver-not-public");
  return url;
}

function refused(reason: RefusalReason): Refusal {
  return new Refusal({ reason, field: "url" });
}

/** Returns the name or the address of a URL: an IPv6 address without brackets, a name without the dot at its end. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$|\.+$/g, "");
}

export function isLoopbackReceiver(url: URL): boolean {
  const host = hostOf(url);
  return host === "localhost" || isLoopbackAddress(host);
}

function isOwn(url: URL, ownHost: string, isOnLoopback: boolean): boolean {
  const own = new URL(`https://${ownHost}`);
  // All receivers and our own API share the loopback of local mode: there, the port tells them apart.
  if (isOnLoopback) return isLoopbackReceiver(own) && own.port === url.port;
  return hostOf(own) === hostOf(url);
}

function mayBePublic(host: string): boolean {
  return isIP(host) === 0 ? !LOCAL_NAME.test(host) : isPublicAddress(host);
}
