import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import * as z from "zod";
import { corsHeaders } from "./cors.ts";
import { type GatewayStatus, gatewayError, refuseUnparsed } from "./gateway-refusals.ts";
import { listenLocally, readBody } from "./local-server.ts";
import { LOCAL_TABLES_PATH, type LocalTables } from "./local-tables.ts";
import { isForeign } from "./loopback.ts";
import { type Matched, routeMatcher } from "./route-matcher.ts";
import type { Deployed, LocalCors } from "./template/deployed.ts";

type Invoke = (functionArn: string, event: unknown) => Promise<unknown>;

const functionResult = z.object({
  statusCode: z.int(),
  headers: z.record(z.string(), z.string()).default({}),
  cookies: z.array(z.string()).default([]),
  body: z.string().default(""),
  isBase64Encoded: z.boolean().default(false),
});

/** In bytes, of the whole result of a function as JSON. Lambda fails a function whose result is larger. */
const MAX_RESULT_BYTES = 6_291_556;

/**
 * API Gateway accepts 10 MB, but many concurrent connections of that size would fill the memory. The functions accept far less
 * than this limit.
 */
const MAX_BODY_BYTES = 256 * 1024;

/** The route whose bodies may be large. Lambda takes a body up to this size, and the function refuses the largest of them. */
const LARGE_BODIES = "POST /users/{userId}/statements";
const MAX_LARGE_BODY_BYTES = 4_650_000;

/** The most large bodies in memory at a time. Others wait, unread. */
const LARGE_AT_ONCE = 4;

/** The routes of the API, and what it answers to web pages. */
export type LocalApi = Pick<Deployed, "routes"> & Partial<Pick<Deployed, "cors">>;

export interface Gateway {
  url: string;
  /** Starts handling requests. Requests that arrive earlier wait until then. */
  serve(api: LocalApi, invoke: Invoke, tables?: LocalTables): void;
  close(): Promise<void>;
}

/** Starts a local HTTP API with payload format 2.0. Listens on the port immediately. */
export async function openGateway(port: number): Promise<Gateway> {
  const ready =
    Promise.withResolvers<(request: IncomingMessage, response: ServerResponse) => Promise<void>>();
  const server = createServer(
    {
      // `answerOne` refuses requests without a host, in our error format.
      requireHostHeader: false,
      // Joins duplicate headers, as API Gateway does. By default, Node keeps only the first value of some headers, such as
      // `Authorization`.
      joinDuplicateHeaders: true,
    },
    (request, response) => {
      ready.promise
        .then((answer) => answer(request, response))
        .catch(() => {
          fail(response, request.complete ? 500 : 400);
        });
    },
  );
  server.on("checkExpectation", (_, response) => fail(response, 417));
  refuseUnparsed(server);
  const { url, close } = await listenLocally(server, port);
  return {
    url,
    close,
    serve({ routes, cors }, invoke, tables) {
      const match = routeMatcher(routes);
      const inTurn = turns(LARGE_AT_ONCE);
      ready.resolve((request, response) =>
        answerOne({ match, invoke, tables, cors, inTurn }, request, response),
      );
    },
  };
}

interface Serving {
  match(method: string, path: string): Matched | undefined;
  invoke: Invoke;
  /** Returned to programs on this machine that request them. */
  tables: LocalTables | undefined;
  cors: LocalCors | undefined;
  /** Runs the work on a large body. */
  inTurn(work: () => Promise<void>): Promise<void>;
}

async function answerOne(
  serving: Serving,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { match, tables } = serving;
  const { method = "GET", url: target = "/", headers } = request;
  if (headers.host === undefined && request.httpVersion === "1.1") return fail(response, 400);
  const { path, query } = partsOf(target);
  if (tables !== undefined && method === "GET" && path === LOCAL_TABLES_PATH)
    return tell(tables, request, response);
  const found = match(method, path);
  if (found === undefined) return fail(response, 404);
  const asked = { found, method, path, query };
  if (found.routeKey !== LARGE_BODIES) return callFunction(serving, asked, request, response, MAX_BODY_BYTES);
  return serving.inTurn(() => callFunction(serving, asked, request, response, MAX_LARGE_BODY_BYTES));
}

interface Asked {
  found: Matched;
  method: string;
  path: string;
  query: string;
}

async function callFunction(
  { invoke, cors }: Serving,
  { found, method, path, query }: Asked,
  request: IncomingMessage,
  response: ServerResponse,
  maxBodyBytes: number,
): Promise<void> {
  const { headers } = request;
  // The client may have gone while the request waited for its turn.
  if (request.destroyed) return;
  const body = await readBody(request, maxBodyBytes);
  if (body === undefined) return fail(response, 413);
  const event = {
    version: "2.0",
    routeKey: found.routeKey,
    rawPath: decoded(path),
    rawQueryString: query,
    headers: headersOf(request),
    ...(headers.cookie !== undefined && { cookies: headers.cookie.split(/; */) }),
    pathParameters: found.parameters,
    requestContext: {
      http: { method, path, protocol: "HTTP/1.1", sourceIp: request.socket.remoteAddress },
      // The same length as API Gateway's request ids.
      requestId: randomBytes(11).toString("base64"),
      stage: "$default",
    },
    ...(body.byteLength > 0 && { body: body.toString("base64"), isBase64Encoded: true }),
  };
  const given = await invoke(found.functionArn, event);
  if (Buffer.byteLength(JSON.stringify(given)) > MAX_RESULT_BYTES) return fail(response, 500);
  const result = functionResult.parse(given);
  const replyBody = Buffer.from(result.body, result.isBase64Encoded ? "base64" : "utf8");
  response.writeHead(result.statusCode, {
    ...result.headers,
    ...(result.cookies.length > 0 && { "set-cookie": result.cookies }),
    ...corsHeaders(cors, request),
    // A 304 has no body, and its length would be that of the body that the client has.
    ...(result.statusCode !== 304 && { "content-length": replyBody.byteLength }),
  });
  response.end(request.method === "HEAD" ? undefined : replyBody);
}

/** Returns a function that runs at most `atOnce` works at a time, in the order of their requests. */
function turns(atOnce: number): Serving["inTurn"] {
  const waiting: (() => void)[] = [];
  let free = atOnce;
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
    }
  };
}

/**
 * Sends the tables to programs on this machine. Refuses web pages, also those whose host name resolves to this machine: their
 * requests still carry that name in the `Host` header.
 */
function tell(tables: LocalTables, request: IncomingMessage, response: ServerResponse): void {
  if (isForeign(request)) {
    fail(response, 403);
    return;
  }
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(tables));
}

/** Splits at the first question mark only, because a query may contain more of them. */
function partsOf(target: string): { path: string; query: string } {
  const end = target.indexOf("?");
  return end < 0 ? { path: target, query: "" } : { path: target.slice(0, end), query: target.slice(end + 1) };
}

/** API Gateway passes the cookies separately from the other headers. */
function headersOf({ headers }: IncomingMessage): Record<string, string> {
  const { cookie: _, ...others } = headers;
  return Object.fromEntries(
    Object.entries(others).map(([name, value]) => [
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

/** Sends an error of the gateway itself. API Gateway has its own format for such errors, which we cannot change. */
function fail(response: ServerResponse, status: GatewayStatus): void {
  if (response.headersSent) return void response.destroy();
  const { headers, body } = gatewayError(status);
  response.writeHead(status, headers).end(body);
}
