import type { Clock } from "../../jobs/domain/clock.ts";
import { UpstreamUnavailable } from "../../jobs/domain/errors.ts";
import { type Problem, Refusal } from "../../jobs/domain/refusal.ts";
import type { PassedCall, PassedReply, Passing } from "../../pass-through/passing.ts";
import { type BytesReply, basiqFetch, fetchBytes, pauseAskedBy } from "./exchange.ts";
import { readUpstreamErrors } from "./passed-errors.ts";
import { replaceOrigin } from "./replace-bytes.ts";
import { type BasiqTokenOptions, basiqToken } from "./tokens.ts";

/** The aggregator may build a large list for this long. */
const REPLY_TIMEOUT_MS = 20_000;

/** An API function has 29 s, of which reading the API key and getting a token may take some. */
const WHOLE_TIMEOUT_MS = 27_000;

/** Bounds the memory of the function. */
const MAX_REPLY_BYTES = 16 * 1024 * 1024;

export interface PassingOptions extends BasiqTokenOptions {
  clock: Pick<Clock, "after" | "msUntil">;
  /** Without a trailing slash. */
  ourUrl: string;
  /** Whether requests carry our token. The aggregator's public routes need none. */
  isPublic: boolean;
}

/**
 * Passes requests to the aggregator. Sends a request again only if the aggregator rejected our token, since it then did
 * nothing. After a 429 with `Retry-After`, refuses further requests until then and sends nothing.
 */
export function basiqPassing(options: PassingOptions): Passing {
  const { baseUrl, clock, isPublic } = options;
  let quietUntil: Date | undefined;
  const token = basiqToken(options, async (url, init) => {
    const reply = await basiqFetch(url, init);
    noticePause(reply);
    return reply;
  });

  function noticePause(reply: Pick<BytesReply, "status" | "retryAfterMs">): void {
    const pauseMs = pauseAskedBy(reply);
    if (pauseMs !== undefined) quietUntil = clock.after(pauseMs);
  }

  async function exchange(call: PassedCall, endsAt: number): Promise<BytesReply> {
    const accessToken = isPublic ? undefined : await token.current();
    const headers = {
      accept: "application/json",
      ...(accessToken !== undefined && { authorization: `Bearer ${accessToken.reveal()}` }),
      ...(call.body !== undefined && { "content-type": call.contentType ?? "application/json" }),
    };
    const url = new URL(`${baseUrl}${call.path}${call.query === "" ? "" : `?${call.query}`}`);
    const init = { method: call.method, headers, ...(call.body !== undefined && { body: call.body }) };
    const timeoutMs = Math.max(1, Math.min(REPLY_TIMEOUT_MS, Math.floor(endsAt - performance.now())));
    return fetchBytes(url, init, { token: accessToken, timeoutMs, maxBytes: MAX_REPLY_BYTES });
  }

  return {
    async send(call) {
      const quietMs = quietUntil === undefined ? 0 : clock.msUntil(quietUntil);
      if (quietMs > 0) throw new Refusal(tooMany(quietMs));
      const endsAt = performance.now() + WHOLE_TIMEOUT_MS;
      let reply = await exchange(call, endsAt);
      if (isTokenRejected(reply) && !isPublic) {
        token.forget();
        reply = await exchange(call, endsAt);
      }
      noticePause(reply);
      return accepted(reply, options);
    },
  };
}

function isTokenRejected({ status }: BytesReply): boolean {
  return status === 401 || status === 403;
}

/** If the aggregator names no pause. */
const DEFAULT_PAUSE_MS = 5_000;

function tooMany(pauseMs = DEFAULT_PAUSE_MS): Problem {
  const words = {
    code: "too-many-requests",
    title: "Too many requests",
    detail: "The aggregator asks for a pause: try again later.",
  };
  return { reason: "refused-upstream", status: 429, words, ...retryAfter(pauseMs) };
}

function retryAfter(pauseMs: number | undefined): Pick<Problem, "retryAfterSeconds"> {
  return pauseMs === undefined ? {} : { retryAfterSeconds: Math.max(1, Math.ceil(pauseMs / 1000)) };
}

/** Throws a `Refusal` for a clear refusal, and `UpstreamUnavailable` for every other reply that is not a success. */
function accepted(reply: BytesReply, { baseUrl, ourUrl, isPublic }: PassingOptions): PassedReply {
  const { status, body } = reply;
  if (isTokenRejected(reply)) throw new UpstreamUnavailable({ refusesOurKey: status === 401 && !isPublic });
  if (body === undefined) throw new Refusal("reply-too-large");
  if (status === 204) return { status, body: Buffer.alloc(0) };
  const ours = replaceOrigin(body, baseUrl, ourUrl);
  if (status >= 200 && status < 300 && isLikeJson(ours)) return { status, body: ours };
  const [first, ...more] = status >= 400 && status < 500 ? refusalsIn(ours, reply) : [];
  if (first !== undefined) throw new Refusal(first, ...more);
  if (status === 429) throw new Refusal(tooMany(reply.retryAfterMs));
  throw new UpstreamUnavailable();
}

function refusalsIn(body: Buffer, { status, retryAfterMs }: BytesReply): Problem[] {
  return readUpstreamErrors(body).map((words) => ({
    reason: "refused-upstream",
    status,
    words,
    ...retryAfter(retryAfterMs),
  }));
}

const BRACKETS = new Set(["{}", "[]"]);
const BLANKS = new Set([..." \t\r\n"].map((blank) => blank.charCodeAt(0)));

/** Returns whether a body begins and ends as JSON does. A large body is never parsed. */
function isLikeJson(body: Buffer): boolean {
  let [start, end] = [0, body.length - 1];
  while (start < end && BLANKS.has(body[start] ?? 0)) start++;
  while (end > start && BLANKS.has(body[end] ?? 0)) end--;
  return BRACKETS.has(body.toString("latin1", start, start + 1) + body.toString("latin1", end, end + 1));
}
