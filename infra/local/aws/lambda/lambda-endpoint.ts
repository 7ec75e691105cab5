import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { abortableDelay } from "../../abortable-delay.ts";
import { listenLocally, readBody } from "../../local-server.ts";
import { isForeign } from "../../loopback.ts";
import type { AwsJsonEndpoint } from "../aws-json-endpoint.ts";

/** The largest event of an asynchronous invocation. */
const MAX_EVENT_BYTES = 1024 * 1024;

const INVOCATIONS = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

export interface LambdaOptions {
  invoke(functionArn: string, event: unknown): Promise<unknown>;
}

/** Ctrl-C ends the program within two seconds, and the tables must close after the invocations that use them. */
const CLOSE_WITHIN_MS = 500;

/** Starts a local Lambda that knows asynchronous invocations only. It answers before the function has ended, and repeats nothing. */
export async function startLambda({ invoke }: LambdaOptions): Promise<AwsJsonEndpoint> {
  const running = new Set<Promise<unknown>>();
  const server = createServer(async (request, response) => {
    const event = await eventIn(request).catch(() => undefined);
    const [, name] = INVOCATIONS.exec(request.url ?? "") ?? [];
    if (isForeign(request)) return refuse(response, 403, "AccessDeniedException");
    if (name === undefined || request.method !== "POST")
      return refuse(response, 404, "ResourceNotFoundException");
    if (request.headers["x-amz-invocation-type"] !== "Event" || event === undefined) {
      return refuse(response, 400, "InvalidParameterValueException");
    }
    // The function has already logged the error.
    const invoked = invoke(decodeURIComponent(name), event.value)
      .catch(() => undefined)
      .finally(() => running.delete(invoked));
    running.add(invoked);
    response.writeHead(202).end();
  });
  const { url, close } = await listenLocally(server);
  return {
    url,
    async close() {
      await close();
      const waited = new AbortController();
      await Promise.race([Promise.all(running), delayUntil(waited.signal)]);
      waited.abort();
    },
  };
}

function delayUntil(signal: AbortSignal): Promise<void> {
  return abortableDelay(CLOSE_WITHIN_MS, signal).catch(() => undefined);
}

async function eventIn(request: IncomingMessage): Promise<{ value: unknown } | undefined> {
  const body = await readBody(request, MAX_EVENT_BYTES);
  return body === undefined ? undefined : { value: JSON.parse(body.toString() || "{}") };
}

/** An error of Lambda, whose name is in a header. */
function refuse(response: ServerResponse, status: number, name: string): void {
  response.writeHead(status, { "content-type": "application/json", "x-amzn-errortype": name });
  response.end(JSON.stringify({ Message: "This invocation is not available locally." }));
}
