import { ApiError, NetworkError } from "./errors.ts";
import { abortError, untilAborted, whenAborted } from "./pause.ts";
import type { ApiErrorEntry } from "./types.ts";

/** Longer than the API takes for any request: its gateway replies after 30 s at the latest. */
const REPLY_WITHIN_MS = 40_000;

export interface HttpRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string | undefined;
  signal?: AbortSignal | undefined;
}

export interface HttpReply {
  status: number;
  /** `undefined` without the header. */
  header(name: string): string | undefined;
  text: string;
}

/**
 * Sends one request. Throws a `NetworkError` if no reply comes within 40 s. The error does not contain the error of
 * `fetch`, because that may repeat a header.
 */
export async function exchange(send: typeof fetch, request: HttpRequest): Promise<HttpReply> {
  const { method, url, headers, body, signal } = request;
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), REPLY_WITHIN_MS);
  const stopListening = whenAborted(signal, () => limit.abort());
  async function complete(): Promise<HttpReply> {
    // A redirect could take a login to another address.
    const init = { method, headers, body: body ?? null, redirect: "manual", signal: limit.signal } as const;
    const response = await send(url, init);
    const header = (name: string) => response.headers.get(name) ?? undefined;
    return { status: response.status, header, text: await response.text() };
  }
  try {
    return await untilAborted(complete(), limit.signal);
  } catch (error) {
    if (signal?.aborted === true) throw abortError(signal);
    const reason = limit.signal.aborted ? `none within ${REPLY_WITHIN_MS / 1000} s` : codeIn(error);
    throw new NetworkError(url.split("/", 3).join("/"), reason);
  } finally {
    clearTimeout(timer);
    stopListening();
  }
}

/** Returns the system's code of an error of `fetch` in Node, such as `ECONNREFUSED`; an empty text without one. */
function codeIn(error: unknown): string {
  const code: unknown = error instanceof Error ? Object(error.cause).code : undefined;
  return typeof code === "string" && /^[A-Z_]{3,40}$/.test(code) ? code : "";
}

/** Returns the JSON of a reply; `undefined` without a body. Throws an `ApiError` if the body is no JSON. */
export function jsonOf<Json>(reply: HttpReply): Json | undefined {
  if (reply.text === "") return undefined;
  try {
    return JSON.parse(reply.text);
  } catch {
    throw unexpectedReply(reply.status);
  }
}

/** Returns the error of a reply that is no success. */
export function errorOf(reply: HttpReply): ApiError {
  const { status, text } = reply;
  const retryAfterSeconds = retryAfterOf(reply);
  try {
    const { data, correlationId }: ErrorBody = JSON.parse(text);
    if (typeof data[0].code === "string") {
      return new ApiError({ status, errors: data, correlationId, retryAfterSeconds });
    }
  } catch {
    // A gateway before the API replies with something else.
  }
  return unexpectedReply(status, retryAfterSeconds);
}

interface ErrorBody {
  data: [ApiErrorEntry, ...ApiErrorEntry[]];
  correlationId?: string;
}

export function unexpectedReply(status: number, retryAfterSeconds?: number): ApiError {
  const detail = "The reply is not one of this API. Check the base URL and the versions.";
  const entry = { type: "error", code: "unexpected-reply", title: "Unexpected reply", detail } as const;
  return new ApiError({ status, errors: [entry], retryAfterSeconds });
}

/** Returns the seconds of a `Retry-After` header, which has seconds or a date. */
export function retryAfterOf(reply: HttpReply): number | undefined {
  const value = reply.header("retry-after")?.trim();
  if (!value) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, Math.ceil(seconds));
}
