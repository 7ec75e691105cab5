import { once } from "node:events";
import type { IncomingMessage, Server } from "node:http";
import * as z from "zod";
import { limitTime } from "../../sandbox/limit-time.ts";

const boundAddress = z.object({ port: z.number() });

/** Time for running requests to finish before their connections are cut. */
const CLOSE_GRACE_MS = 500;

/**
 * Listens on 127.0.0.1. Port 0 selects a free port.
 *
 * @throws the listen error, such as `EADDRINUSE`.
 */
export async function listenLocally(
  server: Server,
  port = 0,
): Promise<{ url: string; close(): Promise<void> }> {
  limitTime(server).listen(port, "127.0.0.1");
  await once(server, "listening");
  const bound = boundAddress.parse(server.address());
  return { url: `http://127.0.0.1:${bound.port}`, close: () => closeServer(server) };
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    if (!server.listening) return resolve();
    // SDK clients keep their connections open. A connection that is busy at the close becomes idle a moment later.
    const dropIdle = setInterval(() => server.closeIdleConnections(), 10);
    const dropAll = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
    server.close((error) => {
      clearInterval(dropIdle);
      clearTimeout(dropAll);
      if (error) reject(error);
      else resolve();
    });
  });
}

/**
 * Returns the body of a request, or undefined if it is longer than `maxBytes`; then discards the rest. Rejects if the client
 * disconnects.
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  return new Promise((resolve, reject) => {
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) return void chunks.push(chunk);
      chunks.length = 0;
      resolve(undefined);
    });
    request.on("end", () => resolve(Buffer.concat(chunks)));
    request.on("error", reject);
  });
}
