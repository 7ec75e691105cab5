import * as z from "zod/mini";
import type { HttpRequest } from "../http/request.ts";
import { requireJson } from "../http/request.ts";
import { connectionIdSchema, upstreamId, userIdSchema } from "../jobs/domain/ids.ts";
import { Refusal } from "../jobs/domain/refusal.ts";
import type { PassedCall } from "./passing.ts";
import type { PassedRoute } from "./routes.ts";

/** Builds the request to the aggregator. Throws a `Refusal` if a parameter, the query or the body is malformed. */
export function passedCall(route: PassedRoute, request: HttpRequest): PassedCall {
  return {
    method: route.method,
    path: upstreamPath(route.path, request.parameter),
    query: upstreamQuery(request.rawQuery),
    body: route.method === "POST" ? bodyOf(request) : undefined,
  };
}

/**
 * Puts the parameters into the path of a route. A parameter that is not one plain segment is the id of nothing that
 * exists: slashes, dots alone and control characters never reach the aggregator's path.
 */
export function upstreamPath(path: string, parameter: (name: string) => string): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(idIn(name, parameter(name))));
}

/** Ids of users and connections are lower-cased; all other ids pass as they are. */
function idIn(name: string, given: string): string {
  const schema = name === "userId" ? userIdSchema : name === "connectionId" ? connectionIdSchema : upstreamId;
  const { data } = z.safeParse(schema, given);
  if (data !== undefined) return data;
  if (name === "userId") throw new Refusal({ reason: "field-not-valid", field: "userId" });
  throw new Refusal(name === "connectionId" ? "connection-not-found" : "resource-not-found");
}

/** What a query may contain as it is. All other characters, such as `#`, are encoded. */
const NOT_OF_A_QUERY = /[^\w.~!$&'()*+,;=:@/?%-]+/g;

/** In bytes, after encoding. A server may refuse a longer request before its API can reply, and we would report a failure. */
const MAX_QUERY_BYTES = 8 * 1024;

/** Throws a `Refusal` if the query is too long. */
export function upstreamQuery(rawQuery: string): string {
  const query = rawQuery.toWellFormed().replaceAll(NOT_OF_A_QUERY, encodeURIComponent);
  if (query.length > MAX_QUERY_BYTES) throw new Refusal("query-too-long");
  return query;
}

/** Returns the JSON object of the body as the client wrote it, or `undefined` for an empty body. */
function bodyOf(request: HttpRequest): string | undefined {
  const text = request.text();
  if (text.trim() === "") return undefined;
  requireJson(request);
  request.jsonObject();
  return text;
}
