import type { IncomingMessage } from "node:http";
import { isLoopbackHost } from "./loopback.ts";

/**
 * Whether a request may come from a web page: under a name that leads here, or from a page's script. Programs of this
 * machine send neither.
 */
export function isForeign({ headers }: IncomingMessage): boolean {
  return headers.origin !== undefined || !isLoopbackHost(headers.host ?? "");
}
