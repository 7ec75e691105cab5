import type { IncomingMessage, Server, ServerResponse } from "node:http";

/**
 * In milliseconds. Node cuts connections whose headers or whole request take longer. The interval of this check is set as a
 * property, because other code creates some servers and does not pass it as an option.
 */
const TIME_LIMITS = { headersTimeout: 8_000, requestTimeout: 10_000, connectionsCheckingInterval: 1_000 };

/**
 * In milliseconds. The server tells clients to close an idle connection after `keepAliveTimeout`, and waits for the buffer before it closes the
 * connection itself. With Node's buffer of a second, a client on a busy machine sends its next request while the server closes.
 */
const IDLE_LIMITS = { keepAliveTimeout: 5_000, keepAliveTimeoutBuffer: 10_000 };

/** Seconds until the connection of a client that does not read its reply is cut. */
const READ_WITHIN_SECONDS = 10;

/** Prevents clients from holding a connection by sending slowly or by not reading. Call it before the server listens. */
export function limitTime(server: Server): Server {
  server.on("request", cutWhenUnread);
  return Object.assign(server, TIME_LIMITS, IDLE_LIMITS);
}

function cutWhenUnread(request: IncomingMessage, response: ServerResponse): void {
  let seconds = 0;
  const watch = setInterval(() => {
    if (response.writableEnded && ++seconds > READ_WITHIN_SECONDS) request.socket.destroy();
  }, 1_000).unref();
  response.once("close", () => clearInterval(watch));
}
