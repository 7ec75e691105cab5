import * as z from "zod/mini";
import { Refusal, type RefusalReason } from "../jobs/domain/refusal.ts";

const texts = z.nullish(z.record(z.string(), z.optional(z.string())));

/** The fields of an API Gateway event (payload format 2.0) that we use. Empty fields may be absent or `null`. */
export const apiEventSchema = z.object({
  routeKey: z.nullish(z.string()),
  rawPath: z.string(),
  rawQueryString: z.nullish(z.string()),
  headers: texts,
  /** API Gateway takes the cookies out of the headers. */
  cookies: z.nullish(z.array(z.string())),
  pathParameters: texts,
  body: z.nullish(z.string()),
  isBase64Encoded: z.nullish(z.boolean()),
  requestContext: z.object({ http: z.object({ method: z.string(), sourceIp: z.nullish(z.string()) }) }),
});

export interface ApiResult {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
  /** A `Set-Cookie` header for each. */
  cookies?: string[];
  /** Lambda's reply is text. A body of bytes is base64, which the gateway decodes. */
  isBase64Encoded?: boolean;
}

/** In bytes. Every published request is far smaller. */
const MAX_BODY_BYTES = 16 * 1024;

export interface HttpRequest {
  method: string;
  /** The route that API Gateway chose, such as `GET /jobs/{jobId}` or `$default`. */
  routeKey: string;
  path: string;
  /** The query as the client encoded it; empty without a query. */
  rawQuery: string;
  /** The IP address of the caller; empty if the gateway does not name it. */
  address: string;
  /** Returns a decoded path parameter, or an empty string if the route has no parameter of that name. */
  parameter(name: string): string;
  /** Returns the first query parameter of that name, or `undefined` if it is missing or empty. */
  query(name: string): string | undefined;
  header(name: string): string | undefined;
  /** Returns the first cookie of that name, or `undefined` if it is missing or empty. */
  cookie(name: string): string | undefined;
  /** The body as it was sent. */
  bytes(): Buffer;
  /** Throws a `Refusal` if the body is not UTF-8. */
  text(): string;
  /** Throws a `Refusal` if the body is not a JSON object. Drops the parser's message, because it quotes the body. */
  jsonObject(): object;
}

/** Returns a header of an event, also of one whose request is refused; `undefined` if it is missing. */
export function headerOf(event: unknown, name: string): string | undefined {
  const headers = z.safeParse(z.object({ headers: texts }), event).data?.headers ?? {};
  return Object.entries(headers).find(([sent]) => sent.toLowerCase() === name)?.[1];
}

/** The longest body of a route, and the reason to refuse a longer one. */
export interface BodyLimit {
  bytes: number;
  reason: RefusalReason;
}

const USUAL_LIMIT: BodyLimit = { bytes: MAX_BODY_BYTES, reason: "body-too-large" };

/**
 * Throws a `Refusal` if the body exceeds 16 KiB, or the other limit of the route, even if the route does not read the body.
 */
export function readHttpRequest(event: unknown, limit: BodyLimit = USUAL_LIMIT): HttpRequest {
  const {
    routeKey,
    rawPath,
    rawQueryString,
    headers,
    cookies,
    pathParameters,
    body,
    isBase64Encoded,
    requestContext,
  } = z.parse(apiEventSchema, event);
  const lowerCased = new Map(
    Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const bytes = Buffer.from(body ?? "", isBase64Encoded ? "base64" : "utf8");
  if (bytes.byteLength > limit.bytes) throw new Refusal(limit.reason);
  const text = () => decode(bytes);
  return {
    method: requestContext.http.method,
    routeKey: routeKey ?? "",
    path: rawPath,
    rawQuery: rawQueryString ?? "",
    address: requestContext.http.sourceIp ?? "",
    parameter: (name) => pathParameters?.[name] ?? "",
    query: (name) => new URLSearchParams(rawQueryString ?? "").get(name) || undefined,
    header: (name) => lowerCased.get(name),
    cookie: (name) => cookieIn(cookies ?? [], name),
    bytes: () => bytes,
    text,
    jsonObject: () => parseObject(text()),
  };
}

function cookieIn(cookies: readonly string[], name: string): string | undefined {
  const pairs = cookies.flatMap((cookie) => cookie.split(";")).map((pair) => pair.trim());
  const start = `${name}=`;
  return pairs.find((pair) => pair.startsWith(start))?.slice(start.length) || undefined;
}

/** Returns the fields of a form. Throws a `Refusal` unless the content type is that of a form of a page. */
export function formOf(request: HttpRequest): URLSearchParams {
  if (mediaTypeOf(request) !== "application/x-www-form-urlencoded")
    throw new Refusal("content-type-not-form");
  return new URLSearchParams(request.text());
}

/** Throws a `Refusal` unless the content type is `application/json`. */
export function requireJson(request: HttpRequest): void {
  if (mediaTypeOf(request) !== "application/json") throw new Refusal("content-type-not-json");
}

/** Returns the media type in lower case, without parameters; an empty string without a content type. */
export function mediaTypeOf(request: HttpRequest): string {
  const [mediaType = ""] = (request.header("content-type") ?? "").split(";");
  return mediaType.trim().toLowerCase();
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Refusal("not-json");
  }
}

function parseObject(text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refusal("not-json");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Refusal("not-json");
  return value;
}
