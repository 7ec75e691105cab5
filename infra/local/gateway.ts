import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import * as z from "zod";
import type { LocalRoute } from "./deployed.ts";
import { isForeign } from "./foreign-request.ts";
import { listenLocally } from "./listen-locally.ts";
import { LOCAL_TABLES_PATH, type LocalTables } from "./local-tables.ts";
import { type Matched, routeMatcher } from "./route-matcher.ts";

type Invoke = (functionArn: string, event: unknown) => Promise<unknown>;

const functionResult = z.object({
  statusCode: z.int(),
  headers: z.record(z.string(), z.string()).default({}),
  body: z.string().default(""),
});

/** The gateway's own limit on a body. A function's smaller one is its own. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** A request that takes longer than this to arrive is cut off. */
const REQUEST_TIMEOUT_MS = 10_000;

export interface Gateway {
  url: string;
  /** Until it is called, requests wait. */
  serve(routes: readonly LocalRoute[], invoke: Invoke, tables?: LocalTables): void;
  close(): Promise<void>;
}

/** Stands in for an HTTP API of API Gateway: payload format 2.0. The port is taken at once. */
export async function openGateway(port: number): Promise<Gateway> {
  const ready =
    Promise.withResolvers<(request: IncomingMessage, response: ServerResponse) => Promise<void>>();
  const server = createServer(
    {
      requestTimeout: REQUEST_TIMEOUT_MS,
      headersTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: 1_000,
      // As API Gateway does. Of some headers, `Authorization` among them, Node would drop all but the first.
      joinDuplicateHeaders: true,
    },
    (request, response) => {
      ready.promise.then((answer) => answer(request, response)).catch(() => fail(response, 500));
    },
  );
  const { url, close } = await listenLocally(server, port);
  return {
    url,
    close,
    serve(routes, invoke, tables) {
      const match = routeMatcher(routes);
      ready.resolve((request, response) => answerOne({ match, invoke, tables }, request, response));
    },
  };
}

interface Serving {
  match(method: string, path: string): Matched | undefined;
  invoke: Invoke;
  /** Told to whoever asks on this machine. */
  tables: LocalTables | undefined;
}

async function answerOne(
  { match, invoke, tables }: Serving,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = "GET", url: target = "/" } = request;
  const [path = "", query = ""] = target.split("?", 2);
  if (tables !== undefined && method === "GET" && path === LOCAL_TABLES_PATH)
    return tell(tables, request, response);
  const found = match(method, path);
  if (found === undefined) return fail(response, 404);
  const body = await readBody(request);
  if (body === undefined) return fail(response, 413);
  const event = {
    version: "2.0",
    routeKey: found.routeKey,
    rawPath: decoded(path),
    rawQueryString: query,
    headers: headersOf(request),
    pathParameters: found.parameters,
    requestContext: { http: { method, path, protocol: "HTTP/1.1" }, stage: "$default" },
    ...(body.byteLength > 0 && { body: body.toString("base64"), isBase64Encoded: true }),
  };
  const result = functionResult.parse(await invoke(found.functionArn, event));
  response.writeHead(result.statusCode, {
    ...result.headers,
    "content-length": Buffer.byteLength(result.body),
  });
  response.end(request.method === "HEAD" ? undefined : result.body);
}

/** A page whose name was made to lead here still sends its own name, and is told nothing. */
function tell(tables: LocalTables, request: IncomingMessage, response: ServerResponse): void {
  if (isForeign(request)) {
    fail(response, 403);
    return;
  }
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(tables));
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(",") : (value ?? ""),
    ]),
  );
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** What the gateway answers by itself, as API Gateway does: its own shape, which we cannot change. */
function fail(response: ServerResponse, status: number): void {
  if (response.headersSent) return void response.destroy();
  const body = JSON.stringify({ message: STATUS_MESSAGES[status] ?? "Internal Server Error" });
  response.writeHead(status, { "content-type": "application/json", connection: "close" }).end(body);
}

const STATUS_MESSAGES: { [status: number]: string } = {
  403: "Forbidden",
  404: "Not Found",
  413: "Request Entity Too Large",
};
