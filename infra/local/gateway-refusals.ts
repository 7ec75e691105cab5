import { randomUUID } from "node:crypto";
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
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

/** By the code of the parser's error; any other one is a 400. */
const STATUSES: { [code: string]: GatewayStatus } = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
};

/** A client that is still sending would lose the answer to a connection that is cut at once. */
const LINGER_MS = 500;

/** Answers what the parser cannot make a request of, and what does not arrive in time, in our own shape. */
export function refuseUnparsed(server: Server): void {
  const latest = new WeakMap<Duplex, { request: IncomingMessage; response: ServerResponse }>();
  server.on("request", (request, response) => latest.set(request.socket, { request, response }));
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const refuse = () => refuseOn(socket, STATUSES[error.code ?? ""] ?? 400);
    const last = latest.get(socket);
    if (last === undefined || last.response.writableFinished) refuse();
    // The error is about what came behind a request that is still being answered.
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
