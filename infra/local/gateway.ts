import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import * as z from "zod";
import { type GatewayStatus, gatewayError, refuseUnparsed } from "./gateway-refusals.ts";
import { listenLocally, readBody } from "./local-server.ts";
import { LOCAL_TABLES_PATH, type LocalTables } from "./local-tables.ts";
import { isForeign } from "./loopback.ts";
import { type Matched, routeMatcher } from "./route-matcher.ts";
import type { LocalRoute } from "./template/deployed.ts";

type Invoke = (functionArn: string, event: unknown) => Promise<unknown>;

const functionResult = z.object({
  statusCode: z.int(),
  headers: z.record(z.string(), z.string()).default({}),
  body: z.string().default(""),
});

/** The functions refuse a body that is far smaller. API Gateway takes 10 MB, which many connections at once would fill memory with. */
const MAX_BODY_BYTES = 256 * 1024;

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
      // What names no host is refused below, in our own shape.
      requireHostHeader: false,
      // As API Gateway does. Of some headers, `Authorization` among them, Node would drop all but the first.
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
  const { method = "GET", url: target = "/", headers } = request;
  if (headers.host === undefined && request.httpVersion === "1.1") return fail(response, 400);
  const { path, query } = partsOf(target);
  if (tables !== undefined && method === "GET" && path === LOCAL_TABLES_PATH)
    return tell(tables, request, response);
  const found = match(method, path);
  if (found === undefined) return fail(response, 404);
  const body = await readBody(request, MAX_BODY_BYTES);
  if (body === undefined) return fail(response, 413);
  const event = {
    version: "2.0",
    routeKey: found.routeKey,
    rawPath: decoded(path),
    rawQueryString: query,
    headers: headersOf(request),
    pathParameters: found.parameters,
    requestContext: {
      http: { method, path, protocol: "HTTP/1.1" },
      // As long as API Gateway's are.
      requestId: randomBytes(11).toString("base64"),
      stage: "$default",
    },
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

/** A query may hold further question marks. */
function partsOf(target: string): { path: string; query: string } {
  const end = target.indexOf("?");
  return end < 0 ? { path: target, query: "" } : { path: target.slice(0, end), query: target.slice(end + 1) };
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

/** What the gateway answers by itself. API Gateway has a shape of its own for that, which we cannot change. */
function fail(response: ServerResponse, status: GatewayStatus): void {
  if (response.headersSent) return void response.destroy();
  const { headers, body } = gatewayError(status);
  response.writeHead(status, headers).end(body);
}
