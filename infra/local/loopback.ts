import type { IncomingMessage } from "node:http";

/** Matches a `Host` header with a name or an address of this machine, and optionally a port. */
const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;

export function isLoopbackHost(host: string): boolean {
  return LOOPBACK.test(host);
}

export function isLoopbackUrl(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, host } = new URL(url);
  return protocol === "http:" && isLoopbackHost(host);
}

/**
 * Whether a request may come from a web page: its `Host` is not a name of this machine (DNS rebinding), or it has an `Origin`
 * (a script). Programs on this machine use a local `Host` and send no `Origin`.
 */
export function isForeign({ headers }: IncomingMessage): boolean {
  return headers.origin !== undefined || !isLoopbackHost(headers.host ?? "");
}
