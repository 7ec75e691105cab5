import { UpstreamRefused, UpstreamUnavailable } from "../../jobs/domain/errors.ts";
import type { Clock } from "../../jobs/domain/ports.ts";
import { type BasiqReply, basiqFetch, WRITE_TIMEOUT_MS } from "./basiq-fetch.ts";
import { type BasiqTokenOptions, basiqToken } from "./basiq-token.ts";
import { readUpstreamError } from "./upstream-error-reader.ts";

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
