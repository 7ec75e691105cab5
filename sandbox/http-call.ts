import type { IncomingMessage, ServerResponse } from "node:http";
import { type Call, maxBodyBytes } from "./call.ts";
import { isBodyless, type Reply } from "./reply.ts";

/** Rejects when the client goes away before its request is whole. */
export async function readCall(request: IncomingMessage): Promise<Call> {
  const [path = "/", ...query] = (request.url ?? "/").split("?");
  return {
    method: request.method ?? "GET",
    path: decoded(path),
    query: new URLSearchParams(query.join("?")),
    headers: new Map(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
    body: await readBody(request),
  };
}

/** Reads on past the limit without keeping, so that the client hears why it is refused. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes <= maxBodyBytes) chunks.push(part);
  }
  return bytes <= maxBodyBytes ? Buffer.concat(chunks).toString("utf8") : null;
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
