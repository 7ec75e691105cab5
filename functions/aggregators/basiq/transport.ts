import * as z from "zod/mini";
import type { Clock } from "../../jobs/domain/clock.ts";
import { UpstreamRefused, UpstreamUnavailable } from "../../jobs/domain/errors.ts";
import { Secret } from "../../jobs/domain/secret.ts";
import { readUpstreamError, upstreamTokenSchema } from "./replies.ts";

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

/** Waiting longer for the reply to a POST is better than searching for its result afterwards. A Task has 180 s. */
const WRITE_TIMEOUT_MS = 30_000;

/** The longest list that we request stays far below this limit. */
const MAX_REPLY_BYTES = 2 * 1024 * 1024;

/** Only tests have shorter tokens, and a short token may also occur in unrelated text. */
const MIN_TOKEN_CHARS = 16;

/**
 * Makes one HTTP request, and removes the access token of the request from the reply. Throws `UpstreamUnavailable` if
 * no complete reply arrived. That error contains neither the request nor the cause.
 */
async function basiqFetch(
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

/**
 * Errors of a connection that was never established. After any other error, the aggregator may still
 * be executing the request.
 */
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

/**
 * Replaces our token in a reply. We pass the aggregator's texts on to users' devices, which must
 * never receive our token.
 */
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

/**
 * Reads `Retry-After` in seconds, as the aggregator sends it. The date form counts as absent: the
 * aggregator does not use it.
 */
function retryAfterMs(response: Response): number | undefined {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}

export interface BasiqTokenOptions {
  baseUrl: string;
  /** Called for each new token. */
  apiKey(): Promise<Secret>;
  version: string;
}

/** We replace a token this long before it expires, so that it does not expire during a request. */
const MARGIN_MS = 60_000;

export interface BasiqToken {
  current(): Promise<Secret>;
  /** Discards the current token after the aggregator has rejected it. */
  forget(): void;
}

/** Exchanges the API key for a token, and caches the token until shortly before it expires. */
function basiqToken({ baseUrl, apiKey, version }: BasiqTokenOptions): BasiqToken {
  let held: { token: Promise<Secret>; until: number } | undefined;

  async function trade(): Promise<Secret> {
    const key = await apiKey().catch(() => {
      // Nothing was sent yet. We treat a key that cannot be read like a key that the aggregator rejects.
      throw new UpstreamUnavailable({ refusesOurKey: true });
    });
    const reply = await basiqFetch(new URL(`${baseUrl}/token`), {
      method: "POST",
      headers: {
        authorization: `Basic ${key.reveal()}`,
        "basiq-version": version,
        "content-type": "application/x-www-form-urlencoded",
      },
      body: new URLSearchParams({ scope: "SERVER_ACCESS" }),
    }).catch(() => {
      // Nothing of the caller's request was sent yet.
      throw new UpstreamUnavailable();
    });
    const parsed = z.safeParse(upstreamTokenSchema, reply.json);
    if (reply.status !== 200 || !parsed.success) {
      throw new UpstreamUnavailable({ refusesOurKey: saysNo(reply.status) });
    }
    if (held !== undefined) held.until = Date.now() + parsed.data.expires_in * 1000 - MARGIN_MS;
    return new Secret(parsed.data.access_token);
  }

  return {
    current() {
      if (held === undefined || Date.now() >= held.until) {
        const token = trade();
        held = { token, until: Number.POSITIVE_INFINITY };
        token.catch(() => {
          held = undefined;
        });
      }
      return held.token;
    },
    forget() {
      held = undefined;
    },
  };
}

/**
 * Returns whether the status rejects our API key. The key is our only input here. The documented reply to
 * an unknown key is a 404.
 */
function saysNo(status: number): boolean {
  return status >= 400 && status < 500 && status !== 429;
}

export interface TransportOptions extends BasiqTokenOptions {
  clock: Clock;
}

/** For a longer pause, the workflow's own retries are better than a waiting function. */
const LONGEST_PAUSE_MS = 2_000;
const DEFAULT_PAUSE_MS = 250;
/** One retry. Callers that need more retries have their own schedule: the next poll, or the next run of the Task. */
const MAX_TRIES = 2;

type Read<Result> = (json: unknown) => Result;

/**
 * Makes a parser throw if the reply has another id than the requested id: another record is no answer. Ignores the
 * case of ids, because the aggregator may change it.
 */
export function only<Result extends { id: string }>(id: string, read: Read<Result>): Read<Result> {
  return (json) => {
    const found = read(json);
    if (found.id.toLowerCase() !== id.toLowerCase()) throw new TypeError("This is another one.");
    return found;
  };
}

export interface BasiqTransport {
  get<Result>(path: string, read: Read<Result>): Promise<Result>;
  post<Result>(path: string, body: object, read: Read<Result>): Promise<Result>;
}

/** A reply, or an error if no usable reply arrived. */
type Heard = BasiqReply | UpstreamUnavailable;

/**
 * Sends requests to the aggregator. Retries a GET if no usable reply arrived. Retries a POST only if the aggregator
 * reported that it did nothing: status 429, or a rejected token.
 */
export function basiqTransport(options: TransportOptions): BasiqTransport {
  const token = basiqToken(options);

  async function exchange(method: string, path: string, body?: object): Promise<BasiqReply> {
    const accessToken = await token.current();
    const headers = { authorization: `Bearer ${accessToken.reveal()}`, accept: "application/json" };
    const url = new URL(`${options.baseUrl}${path}`);
    if (body === undefined) return basiqFetch(url, { method, headers }, accessToken);
    const typed = { ...headers, "content-type": "application/json" };
    return basiqFetch(
      url,
      { method, headers: typed, body: JSON.stringify(body) },
      accessToken,
      WRITE_TIMEOUT_MS,
    );
  }

  /** Returns the pause before a retry in milliseconds, or `undefined` if the request must not be retried. */
  function pauseBeforeRepeat(reply: Heard, isSafeToRepeat: boolean): number | undefined {
    if (reply instanceof UpstreamUnavailable) return DEFAULT_PAUSE_MS;
    if (isTokenRefused(reply)) return 0;
    const didNothing = reply.status === 429;
    const isUnusable = reply.status >= 500 || reply.json === undefined;
    if (!didNothing && !(isSafeToRepeat && isUnusable)) return undefined;
    const pause = reply.retryAfterMs ?? DEFAULT_PAUSE_MS;
    return pause > LONGEST_PAUSE_MS ? undefined : pause;
  }

  async function call<Result>(
    exchangeOnce: () => Promise<BasiqReply>,
    isSafeToRepeat: boolean,
    read: Read<Result>,
  ) {
    for (let tries = 1; ; tries++) {
      const reply = await (isSafeToRepeat ? exchangeOnce().catch(unavailable) : exchangeOnce());
      const pause = tries < MAX_TRIES ? pauseBeforeRepeat(reply, isSafeToRepeat) : undefined;
      if (pause === undefined) return usable(reply, isSafeToRepeat, read);
      if (isTokenRefused(reply)) token.forget();
      await options.clock.sleep(pause);
    }
  }

  return {
    get: <Result>(path: string, read: Read<Result>) => call(() => exchange("GET", path), true, read),
    post: <Result>(path: string, body: object, read: Read<Result>) =>
      call(() => exchange("POST", path, body), false, read),
  };
}

function unavailable(error: unknown): UpstreamUnavailable {
  if (error instanceof UpstreamUnavailable) return error;
  throw error;
}

function isTokenRefused(reply: Heard): boolean {
  return !(reply instanceof UpstreamUnavailable) && (reply.status === 401 || reply.status === 403);
}

/** Throws `UpstreamRefused` for a clear refusal, and `UpstreamUnavailable` for every other unusable reply. */
function usable<Result>(reply: Heard, isSafeToRepeat: boolean, read: Read<Result>): Result {
  if (reply instanceof UpstreamUnavailable) throw reply;
  if (reply.status >= 200 && reply.status < 300) return readOr(reply.json, read);
  const problem = readUpstreamError(reply.json);
  // A 403 proves nothing about our key: it may be about one user's job.
  const refusesOurKey = reply.status === 401;
  // An error in the aggregator's own format ends the request. A gateway's error does not: the aggregator may still be
  // executing a request that the gateway has lost.
  if (problem === undefined) throw new UpstreamUnavailable({ mayStillArrive: true, refusesOurKey });
  if (!isClearNo(reply.status, isSafeToRepeat)) throw new UpstreamUnavailable({ refusesOurKey });
  throw new UpstreamRefused(reply.status, problem);
}

/**
 * 401, 403 and 429 concern our access to the aggregator, not the user's request. A 503 in the aggregator's own format
 * says that it did not accept a login; as the reply to a GET it says nothing.
 */
function isClearNo(status: number, isSafeToRepeat: boolean): boolean {
  if (status === 503) return !isSafeToRepeat;
  return status >= 400 && status < 500 && ![401, 403, 429].includes(status);
}

function readOr<Result>(json: unknown, read: Read<Result>): Result {
  try {
    return read(json);
  } catch {
    throw new UpstreamUnavailable({ mayStillArrive: true });
  }
}
