import * as z from "zod/mini";
import type { Clock } from "../../jobs/domain/clock.ts";
import { UpstreamRefused, UpstreamUnavailable } from "../../jobs/domain/errors.ts";
import { Secret } from "../../jobs/domain/secret.ts";
import { readUpstreamError, upstreamTokenSchema } from "./replies.ts";

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
const WRITE_TIMEOUT_MS = 30_000;

/** The longest list that we ask for stays far below it. */
const MAX_REPLY_BYTES = 2 * 1024 * 1024;

/** Shorter ones are those of tests, and stand in what is no token. */
const MIN_TOKEN_CHARS = 16;

/**
 * One exchange, of whose reply nobody reads the token again that it was made with. Throws `UpstreamUnavailable` when no whole
 * reply came; neither the request nor the cause is kept in it.
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

export interface BasiqTokenOptions {
  baseUrl: string;
  /** Asked for at each trade. */
  apiKey(): Promise<Secret>;
  version: string;
}

/** Taken off a token's life, so that it does not end on its way. */
const MARGIN_MS = 60_000;

export interface BasiqToken {
  current(): Promise<Secret>;
  /** Upstream did not take the current one. */
  forget(): void;
}

/** Trades the API key for a token, and keeps that until it is about to end. */
function basiqToken({ baseUrl, apiKey, version }: BasiqTokenOptions): BasiqToken {
  let held: { token: Promise<Secret>; until: number } | undefined;

  async function trade(): Promise<Secret> {
    const key = await apiKey().catch(() => {
      // A key that cannot be read is as good as one that upstream does not take, and nothing was sent yet.
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
      // Nothing of the caller's was sent yet.
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

/** Nothing but the key is ours in this exchange. An unknown one is published as a 404. */
function saysNo(status: number): boolean {
  return status >= 400 && status < 500 && status !== 429;
}

export interface TransportOptions extends BasiqTokenOptions {
  clock: Clock;
}

/** Beyond it, the workflow's own retries wait better than a function does. */
const LONGEST_PAUSE_MS = 2_000;
const DEFAULT_PAUSE_MS = 250;
/** One repeat: whoever asks for more has a pace of its own, the next look or the next run of the Task. */
const MAX_TRIES = 2;

type Read<Result> = (json: unknown) => Result;

/** What was asked for by its id must be that, in whatever case upstream writes it: another one's record is no answer. */
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

/** A reply, or that no usable one came. */
type Heard = BasiqReply | UpstreamUnavailable;

/**
 * Speaks with upstream. What is asked for by GET is asked again when no usable reply came; what is posted only when
 * upstream said that it did nothing: 429, or a token that it did not take.
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

  /** The milliseconds after which the same exchange may be made again; `undefined` when it may not. */
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

/** Throws `UpstreamRefused` for a clear no, `UpstreamUnavailable` for all that is no clear answer. */
function usable<Result>(reply: Heard, isSafeToRepeat: boolean, read: Read<Result>): Result {
  if (reply instanceof UpstreamUnavailable) throw reply;
  if (reply.status >= 200 && reply.status < 300) return readOr(reply.json, read);
  const problem = readUpstreamError(reply.json);
  // A 403 may be about one user's job as well.
  const refusesOurKey = reply.status === 401;
  // Upstream's own words end the exchange. A gateway's do not: what it lost sight of may still be worked on.
  if (problem === undefined) throw new UpstreamUnavailable({ mayStillArrive: true, refusesOurKey });
  if (!isClearNo(reply.status, isSafeToRepeat)) throw new UpstreamUnavailable({ refusesOurKey });
  throw new UpstreamRefused(reply.status, problem);
}

/**
 * 401, 403 and 429 are between upstream and us, no word on what the user wants. A 503 in upstream's own words says that a
 * login was not taken; to a question it is no answer.
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
