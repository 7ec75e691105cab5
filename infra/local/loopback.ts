import type { IncomingMessage } from "node:http";

/** As a `Host` header has it: a name or an address of this machine, and a port. */
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
 * Whether a request may come from a web page: under a name that leads here, or from a page's script. Programs of this
 * machine send neither.
 */
export function isForeign({ headers }: IncomingMessage): boolean {
  return headers.origin !== undefined || !isLoopbackHost(headers.host ?? "");
}
