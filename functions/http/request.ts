import * as z from "zod/mini";
import { Refusal } from "../jobs/domain/refusal.ts";

const texts = z.nullish(z.record(z.string(), z.optional(z.string())));

/** What API Gateway hands to a function, payload format 2.0, as far as it is used. What is empty may be left out or `null`. */
export const apiEventSchema = z.object({
  rawPath: z.string(),
  rawQueryString: z.nullish(z.string()),
  headers: texts,
  pathParameters: texts,
  body: z.nullish(z.string()),
  isBase64Encoded: z.nullish(z.boolean()),
  requestContext: z.object({ http: z.object({ method: z.string() }) }),
});

export interface ApiResult {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}

/** No published request comes near it. */
const MAX_BODY_BYTES = 16 * 1024;

export interface HttpRequest {
  method: string;
  path: string;
  /** A parameter of the path, decoded; empty when the route has none of that name. */
  parameter(name: string): string;
  /** The first parameter of that name in the query; `undefined` when it is not there or empty. */
  query(name: string): string | undefined;
  header(name: string): string | undefined;
  /** Throws a `Refusal` when the body is not UTF-8. */
  text(): string;
  /** Throws a `Refusal` when the body is not a JSON object. The parser's message quotes its input and is dropped. */
  jsonObject(): object;
}

/** Throws a `Refusal` when the body is over 16 KiB, whether anybody reads it or not. */
export function readHttpRequest(event: unknown): HttpRequest {
  const { rawPath, rawQueryString, headers, pathParameters, body, isBase64Encoded, requestContext } = z.parse(
    apiEventSchema,
    event,
  );
  const lowerCased = new Map(
    Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const bytes = Buffer.from(body ?? "", isBase64Encoded ? "base64" : "utf8");
  if (bytes.byteLength > MAX_BODY_BYTES) throw new Refusal("body-too-large");
  const text = () => decode(bytes);
  return {
    method: requestContext.http.method,
    path: rawPath,
    parameter: (name) => pathParameters?.[name] ?? "",
    query: (name) => new URLSearchParams(rawQueryString ?? "").get(name) || undefined,
    header: (name) => lowerCased.get(name),
    text,
    jsonObject: () => parseObject(text()),
  };
}

export function requireJson(request: HttpRequest): void {
  if (mediaTypeOf(request) !== "application/json") throw new Refusal("content-type-not-json");
}

/** No type at all is taken for a form; another one is refused, since a scope that went unread is a token for everything. */
export function requireForm(request: HttpRequest): void {
  const mediaType = mediaTypeOf(request);
  if (mediaType !== "" && mediaType !== "application/x-www-form-urlencoded") {
    throw new Refusal("content-type-not-form");
  }
}

function mediaTypeOf(request: HttpRequest): string {
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
