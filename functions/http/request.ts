import * as z from "zod/mini";
import { Refusal } from "../jobs/domain/refusal.ts";

const texts = z.nullish(z.record(z.string(), z.optional(z.string())));

/** The fields of an API Gateway event (payload format 2.0) that we use. Empty fields may be absent or `null`. */
export const apiEventSchema = z.object({
  routeKey: z.nullish(z.string()),
  rawPath: z.string(),
  rawQueryString: z.nullish(z.string()),
  headers: texts,
  pathParameters: texts,
  body: z.nullish(z.string()),
  isBase64Encoded: z.nullish(z.boolean()),
  requestContext: z.object({ http: z.object({ method: z.string(), sourceIp: z.nullish(z.string()) }) }),
});

export interface ApiResult {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
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
  /** Throws a `Refusal` if the body is not UTF-8. */
  text(): string;
  /** Throws a `Refusal` if the body is not a JSON object. Drops the parser's message, because it quotes the body. */
  jsonObject(): object;
}

/**
 * Throws a `Refusal` if the body exceeds 16 KiB, or the other limit of the route, even if the route does not read the body.
 */
export function readHttpRequest(event: unknown, maxBodyBytes = MAX_BODY_BYTES): HttpRequest {
  const {
    routeKey,
    rawPath,
    rawQueryString,
    headers,
    pathParameters,
    body,
    isBase64Encoded,
    requestContext,
  } = z.parse(apiEventSchema, event);
  const lowerCased = new Map(
    Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const bytes = Buffer.from(body ?? "", isBase64Encoded ? "base64" : "utf8");
  if (bytes.byteLength > maxBodyBytes) {
    throw new Refusal(maxBodyBytes === MAX_BODY_BYTES ? "body-too-large" : "message-too-large");
  }
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
    text,
    jsonObject: () => parseObject(text()),
  };
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
