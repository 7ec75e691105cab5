import type { IncomingMessage } from "node:http";
import type { LocalCors } from "./template/deployed.ts";

/**
 * Returns the headers that API Gateway adds to the reply to a web page of an allowed origin: those of a preflight, or
 * those of any other request. Empty for every other request.
 */
export function corsHeaders(cors: LocalCors | undefined, request: IncomingMessage): Record<string, string> {
  const { origin } = request.headers;
  if (cors === undefined || origin === undefined) return {};
  const allowsAll = cors.AllowOrigins.includes("*");
  if (!allowsAll && !cors.AllowOrigins.includes(origin)) return {};
  const allowed = { "access-control-allow-origin": allowsAll ? "*" : origin, vary: "origin" };
  const asks = request.headers["access-control-request-method"] !== undefined;
  if (request.method !== "OPTIONS" || !asks) {
    return { ...allowed, "access-control-expose-headers": cors.ExposeHeaders.join(",") };
  }
  return {
    ...allowed,
    "access-control-allow-methods": cors.AllowMethods.join(","),
    "access-control-allow-headers": cors.AllowHeaders.join(","),
    "access-control-max-age": String(cors.MaxAge),
  };
}
