import { UpstreamUnavailable } from "../../jobs/domain/errors.ts";
import type { Secret } from "../../jobs/domain/secret.ts";
import { replaceBytes } from "./replace-bytes.ts";

/** A reply of the aggregator: its status, the pause that it requests before a retry, and its parsed body. */
export interface BasiqReply {
  status: number;
  retryAfterMs: number | undefined;
  /** `undefined` if the body is not JSON. */
  json: unknown;
}

/**
 * An API function has 29 s. Reading the API key (7 s), getting a token, and two tries each for a connection and its
 * bank, with the pauses between them, take 27.5 s.
 */
const READ_TIMEOUT_MS = 4_000;

/** The longest list that we request stays far below this limit. */
const MAX_REPLY_BYTES = 2 * 1024 * 1024;

/** Only tests have shorter tokens, and a short token may also occur in unrelated text. */
const MIN_TOKEN_CHARS = 16;

/** Makes one HTTP request as {@link fetchBytes} does, and parses the reply. */
export async function basiqFetch(
  url: URL,
  init: RequestInit,
  token?: Secret,
  timeoutMs = READ_TIMEOUT_MS,
): Promise<BasiqReply> {
  const { body, ...reply } = await fetchBytes(url, init, { token, timeoutMs, maxBytes: MAX_REPLY_BYTES });
  if (body === undefined) throw new UpstreamUnavailable({ mayStillArrive: true });
  return { ...reply, json: parsed(body.toString()) };
}

export interface BytesReply extends Omit<BasiqReply, "json"> {
  /** `undefined` if the body is larger than `maxBytes`. */
  body: Buffer | undefined;
}

export interface FetchOptions {
  /** The access token of the request. It is removed from the reply. */
  token?: Secret | undefined;
  timeoutMs: number;
  maxBytes: number;
}

/**
 * Makes one HTTP request. Throws `UpstreamUnavailable` if no complete reply arrived. That error contains neither the
 * request nor the cause.
 */
export async function fetchBytes(
  url: URL,
  init: RequestInit,
  { token, timeoutMs, maxBytes }: FetchOptions,
): Promise<BytesReply> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, { ...init, redirect: "error", signal });
    const body = await readBytes(response, maxBytes);
    return {
      status: response.status,
      retryAfterMs: retryAfterMs(response),
      body: body && without(token, body),
    };
  } catch (error) {
    throw new UpstreamUnavailable({ mayStillArrive: !neverLeft(error) });
  }
}

/**
 * Errors of a connection that was never established. After any other error, the aggregator may still
 * be executing the request.
 */
const NEVER_CONNECTED = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"];

function neverLeft(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && "code" in cause && NEVER_CONNECTED.includes(String(cause.code));
}

async function readBytes(response: Response, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * Replaces our token in a reply. We pass the aggregator's texts on to users' devices, which must
 * never receive our token.
 */
function without(token: Secret | undefined, body: Buffer): Buffer {
  const shown = token?.reveal() ?? "";
  return shown.length < MIN_TOKEN_CHARS ? body : replaceBytes(body, shown, String(token));
}

/** Returns the value of a JSON text, or `undefined` if the text is not JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** We send nothing for at most this long, even if the aggregator asks for more. A sealed answer is stored for an hour, so it can still be sent after the pause. */
const LONGEST_QUIET_MS = 50 * 60_000;

/**
 * Reads `Retry-After` in seconds, as the aggregator sends it. The date form counts as absent: the
 * aggregator does not use it.
 */
function retryAfterMs(response: Response): number | undefined {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds * 1000, LONGEST_QUIET_MS) : undefined;
}

/** Returns the pause that a 429 asks for, in milliseconds. */
export function pauseAskedBy({
  status,
  retryAfterMs,
}: Pick<BasiqReply, "status" | "retryAfterMs">): number | undefined {
  return status === 429 ? retryAfterMs : undefined;
}
