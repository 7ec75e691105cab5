import { randomUUID } from "node:crypto";
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { ErrorReply } from "../../functions/http/reply-schemas.ts";

/** Code, title and detail of the error for each status. */
const ERRORS = {
  400: ["invalid-content", "Invalid content", "The request is not valid HTTP."],
  403: ["forbidden-access", "Forbidden Access", "Access to this resource is forbidden."],
  404: ["resource-not-found", "Requested resource is not found", "Requested route does not exist."],
  408: ["request-timeout", "Request timeout", "The request did not arrive in time."],
  413: ["invalid-content", "Invalid content", "Request body is too large."],
  417: ["invalid-content", "Invalid content", "The expectation cannot be met."],
  431: ["invalid-content", "Invalid content", "Request headers are too large."],
  500: ["internal-server-error", "Internal Server error.", "Internal Server error. Contact support."],
} as const;

export type GatewayStatus = keyof typeof ERRORS;

/**
 * Returns an error reply of the gateway itself. It has the same format as the functions' errors, so that clients need to
 * handle only one.
 */
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

/** The status for each code of a parser error. All other codes become 400. */
const STATUSES: { [code: string]: GatewayStatus } = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
};

/** Wait before the connection is cut: if it were cut immediately, a client that is still sending would lose the reply. */
const LINGER_MS = 500;

/** Replies in our error format to requests that the parser rejects, and to requests that do not arrive in time. */
export function refuseUnparsed(server: Server): void {
  const latest = new WeakMap<Duplex, { request: IncomingMessage; response: ServerResponse }>();
  server.on("request", (request, response) => latest.set(request.socket, { request, response }));
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const refuse = () => refuseOn(socket, STATUSES[error.code ?? ""] ?? 400);
    const last = latest.get(socket);
    if (last === undefined || last.response.writableFinished) refuse();
    // The error belongs to bytes that arrived after a complete request, whose reply is not finished yet.
    else if (last.request.complete) void last.response.once("finish", refuse);
    else if (last.response.headersSent) socket.destroy();
    else refuse();
  });
}

function refuseOn(socket: Duplex, status: GatewayStatus): void {
  if (!socket.writable) return void socket.destroy();
  const { headers, body } = gatewayError(status);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n${body}`);
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
