import { UpstreamUnavailable } from "../../jobs/domain/errors.ts";
import type { Secret } from "../../jobs/domain/secret.ts";

/** A reply of upstream: its status, what it wants waited, and its body, read as JSON if it is any. */
export interface BasiqReply {
  status: number;
  retryAfterMs: number | undefined;
  /** `undefined` when the body is no JSON. */
  json: unknown;
}

/**
 * The key (7 s), a token, and two tries each for a connection and its bank, with the pauses between them, take 27.5 s of the 29 s
 * that an API function has.
 */
const READ_TIMEOUT_MS = 4_000;

/** What is posted is better waited for than looked for afterwards. A Task has 180 s. */
export const WRITE_TIMEOUT_MS = 30_000;

/** The longest list that we ask for stays far below it. */
const MAX_REPLY_BYTES = 2 * 1024 * 1024;

/** Shorter ones are those of tests, and stand in what is no token. */
const MIN_TOKEN_CHARS = 16;

/**
 * One exchange, of whose reply nobody reads the token again that it was made with. Throws `UpstreamUnavailable` when no whole
 * reply came; neither the request nor the cause is kept in it.
 */
export async function basiqFetch(
  url: URL,
  init: RequestInit,
  token?: Secret,
  timeoutMs = READ_TIMEOUT_MS,
): Promise<BasiqReply> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, { ...init, redirect: "error", signal });
    const text = without(token, await readText(response));
    return { status: response.status, retryAfterMs: retryAfterMs(response), json: parsed(text) };
  } catch (error) {
    throw new UpstreamUnavailable({ mayStillArrive: !neverLeft(error) });
  }
}

/** Failures of a connection that was never made. After any other one, upstream may still be at work. */
const NEVER_CONNECTED = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"];

function neverLeft(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && "code" in cause && NEVER_CONNECTED.includes(String(cause.code));
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_REPLY_BYTES) throw new UpstreamUnavailable();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Upstream's words are passed on to its users' devices, which may never have our token. */
function without(token: Secret | undefined, text: string): string {
  const shown = token?.reveal() ?? "";
  return shown.length < MIN_TOKEN_CHARS ? text : text.replaceAll(shown, String(token));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Seconds, as upstream sends it; the date form is not used by it and counts as absent. */
function retryAfterMs(response: Response): number | undefined {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}
