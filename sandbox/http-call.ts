import type { IncomingMessage, ServerResponse } from "node:http";
import { type Call, maxBodyBytes } from "./call.ts";
import { isBodyless, type Reply } from "./reply.ts";

/** Reads a request. Rejects if the client disconnects before the request is complete. */
export async function readCall(request: IncomingMessage): Promise<Call> {
  const [path = "/", ...query] = (request.url ?? "/").split("?");
  return {
    method: request.method ?? "GET",
    path: decoded(path),
    query: new URLSearchParams(query.join("?")),
    headers: new Map(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
    body: await readBody(request, maxBodyBytes(path)),
  };
}

/** Reads the whole body, but discards it past the limit, so that the client receives the reason for the refusal. */
async function readBody(request: IncomingMessage, maxBytes: number): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes <= maxBytes) chunks.push(part);
  }
  return bytes <= maxBytes ? Buffer.concat(chunks).toString("utf8") : null;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

export function sendReply(response: ServerResponse, { status, headers, body }: Reply): void {
  const length = isBodyless(status) ? {} : { "content-length": Buffer.byteLength(body) };
  response.writeHead(status, { ...headers, ...length }).end(isBodyless(status) ? undefined : body);
}
