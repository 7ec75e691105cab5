import type { IncomingMessage, Server, ServerResponse } from "node:http";

/** Headers, and whole requests, that take longer are cut off. How often that is looked at is no option of a server that others made. */
const TIME_LIMITS = { headersTimeout: 8_000, requestTimeout: 10_000, connectionsCheckingInterval: 1_000 };

/** A reply that nobody reads is waited for so many seconds. */
const READ_WITHIN_SECONDS = 10;

/** Lets nobody hold a connection by sending slowly or by not reading. To be called before the server listens. */
export function limitTime(server: Server): Server {
  server.on("request", cutWhenUnread);
  return Object.assign(server, TIME_LIMITS);
}

function cutWhenUnread(request: IncomingMessage, response: ServerResponse): void {
  let seconds = 0;
  const watch = setInterval(() => {
    if (response.writableEnded && ++seconds > READ_WITHIN_SECONDS) request.socket.destroy();
  }, 1_000).unref();
  response.once("close", () => clearInterval(watch));
}
