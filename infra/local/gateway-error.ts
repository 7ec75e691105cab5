import { randomUUID } from "node:crypto";
import type { ErrorReply } from "../../functions/http/reply-schemas.ts";

/** Code, title, and words. */
const ERRORS = {
  400: ["invalid-content", "Invalid content", "The request is not valid HTTP."],
  403: ["forbidden-access", "Forbidden Access", "Access to this resource is forbidden."],
  404: ["resource-not-found", "Requested resource is not found", "Requested route does not exist."],
  408: ["request-timeout", "Request timeout", "The request did not arrive in time."],
  413: ["invalid-content", "Invalid content", "Request body must not be larger than 16 KiB."],
  417: ["invalid-content", "Invalid content", "The expectation cannot be met."],
  431: ["invalid-content", "Invalid content", "Request headers are too large."],
  500: ["internal-server-error", "Internal Server error.", "Internal Server error. Contact support."],
} as const;

export type GatewayStatus = keyof typeof ERRORS;

/** What the gateway itself answers, no function: in the shape of ours, so that a client meets one shape only. */
export function gatewayError(status: GatewayStatus): { headers: Record<string, string>; body: string } {
  const [code, title, detail] = ERRORS[status];
  const reply: ErrorReply = {
    type: "list",
    correlationId: randomUUID(),
    data: [{ type: "error", code, title, detail }],
  };
  const body = JSON.stringify(reply);
  return {
    headers: {
      "content-type": "application/json",
      "cache-control": "no-store",
      "content-length": String(Buffer.byteLength(body)),
      connection: "close",
    },
    body,
  };
}
