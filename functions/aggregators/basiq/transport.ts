import type { Clock } from "../../jobs/domain/clock.ts";
import { UpstreamRefused, UpstreamUnavailable } from "../../jobs/domain/errors.ts";
import type { Secret } from "../../jobs/domain/secret.ts";
import { type BasiqReply, basiqFetch, pauseAskedBy } from "./exchange.ts";
import { readUpstreamError } from "./replies.ts";
import { type BasiqTokenOptions, basiqToken } from "./tokens.ts";

/** Waiting longer for the reply to a POST is better than searching for its result afterwards. A Task has 180 s. */
const WRITE_TIMEOUT_MS = 30_000;

export interface TransportOptions extends BasiqTokenOptions {
  clock: Clock;
}

/** For a longer pause, the workflow's own retries are better than a waiting function. */
const LONGEST_PAUSE_MS = 2_000;
const DEFAULT_PAUSE_MS = 250;
/** One retry. Callers that need more retries have their own schedule: the next poll, or the next run of the Task. */
const MAX_TRIES = 2;

type Read<Result> = (json: unknown, status: number) => Result;

/**
 * Makes a parser throw if the reply has another id than the requested id: another record is no answer. Ignores the
 * case of ids, because the aggregator may change it.
 */
export function only<Result extends { id: string }>(id: string, read: Read<Result>): Read<Result> {
  return (json, status) => {
    const found = read(json, status);
    if (found.id.toLowerCase() !== id.toLowerCase()) throw new TypeError("This is another one.");
    return found;
  };
}

export interface BasiqTransport {
  get<Result>(path: string, read: Read<Result>): Promise<Result>;
  /**
   * With `asUser`, sends a token that is bound to this user, and the server's token if the aggregator rejects that: it
   * did nothing with what it rejected.
   */
  post<Result>(path: string, body: object, read: Read<Result>, asUser?: string): Promise<Result>;
}

export interface IssuingTransport extends BasiqTransport {
  /** Returns a new token that is bound to the user, or `undefined` if the aggregator refuses to issue one. */
  tokenOf(userId: string): Promise<Secret | undefined>;
}

/** A reply, or an error if no usable reply arrived. */
type Received = BasiqReply | UpstreamUnavailable;

/**
 * Sends requests to the aggregator. Retries a GET if no usable reply arrived. Retries a POST only if the aggregator
 * reported that it did nothing: status 429, or a rejected token.
 */
export function basiqTransport(options: TransportOptions): IssuingTransport {
  const { clock } = options;
  const token = basiqToken(options, send);
  /** We send nothing until then. */
  let quietUntil: Date | undefined;

  async function send(
    url: URL,
    init: RequestInit,
    accessToken?: Secret,
    timeoutMs?: number,
  ): Promise<BasiqReply> {
    const quietMs = quietUntil === undefined ? 0 : clock.msUntil(quietUntil);
    if (quietMs > 0) throw new UpstreamUnavailable({ retryAfterMs: quietMs });
    const reply = await basiqFetch(url, init, accessToken, timeoutMs);
    if (reply.status === 429 && reply.retryAfterMs !== undefined && reply.retryAfterMs > LONGEST_PAUSE_MS) {
      quietUntil = clock.after(reply.retryAfterMs);
    }
    return reply;
  }

  async function exchange(
    method: string,
    path: string,
    { body, asUser }: { body?: object; asUser?: string | undefined } = {},
  ): Promise<BasiqReply> {
    const ofUser = asUser === undefined ? undefined : await token.ofUser(asUser);
    const accessToken = ofUser ?? (await token.current());
    const headers = { authorization: `Bearer ${accessToken.reveal()}`, accept: "application/json" };
    const url = new URL(`${options.baseUrl}${path}`);
    if (body === undefined) return send(url, { method, headers }, accessToken);
    const typed = { ...headers, "content-type": "application/json" };
    const init = { method, headers: typed, body: JSON.stringify(body) };
    return send(url, init, accessToken, WRITE_TIMEOUT_MS);
  }

  /** Returns the pause before a retry in milliseconds, or `undefined` if the request must not be retried. */
  function pauseBeforeRepeat(reply: Received, isSafeToRepeat: boolean): number | undefined {
    if (reply instanceof UpstreamUnavailable) {
      return reply.retryAfterMs === undefined ? DEFAULT_PAUSE_MS : undefined;
    }
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
      await clock.sleep(pause);
    }
  }

  return {
    get: <Result>(path: string, read: Read<Result>) => call(() => exchange("GET", path), true, read),
    post(path, body, read, asUser) {
      let rejected = false;
      const exchangeOnce = async () => {
        const reply = await exchange("POST", path, { body, asUser: rejected ? undefined : asUser });
        rejected = isTokenRefused(reply);
        return reply;
      };
      return call(exchangeOnce, false, read);
    },
    tokenOf: (userId) => token.ofUser(userId),
  };
}

function unavailable(error: unknown): UpstreamUnavailable {
  if (error instanceof UpstreamUnavailable) return error;
  throw error;
}

function isTokenRefused(reply: Received): boolean {
  return !(reply instanceof UpstreamUnavailable) && (reply.status === 401 || reply.status === 403);
}

/** Throws `UpstreamRefused` for a clear refusal, and `UpstreamUnavailable` for every other unusable reply. */
function usable<Result>(reply: Received, isSafeToRepeat: boolean, read: Read<Result>): Result {
  if (reply instanceof UpstreamUnavailable) throw reply;
  if (reply.status >= 200 && reply.status < 300) return readOr(reply, read);
  const problem = readUpstreamError(reply.json);
  // A 403 proves nothing about our key: it may be about one user's job.
  const refusesOurKey = reply.status === 401;
  // An error in the aggregator's own format ends the request. A gateway's error does not: the aggregator may still be
  // executing a request that the gateway has lost.
  if (problem === undefined && reply.status !== 429) {
    throw new UpstreamUnavailable({ mayStillArrive: true, refusesOurKey });
  }
  if (problem === undefined || !isClearNo(reply.status, isSafeToRepeat)) {
    throw new UpstreamUnavailable({ refusesOurKey, retryAfterMs: pauseAskedBy(reply) });
  }
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

function readOr<Result>({ json, status }: BasiqReply, read: Read<Result>): Result {
  try {
    return read(json, status);
  } catch {
    throw new UpstreamUnavailable({ mayStillArrive: true });
  }
}
