import { ApiError } from "./errors.ts";
import { type HttpReply, retryAfterOf } from "./exchange.ts";
import { challengeOf, hasEnded, queueOf, stateOf } from "./job-state.ts";
import { pause, untilAborted, whenAborted } from "./pause.ts";
import type { Challenge, Job } from "./types.ts";

/** One answer, or one for each input of the challenge. */
export type Answers = string | readonly string[];

export interface WatchOptions {
  /** Ends the watch: it throws the signal's reason. */
  signal?: AbortSignal;
  /**
   * Called once for each challenge, after the job was yielded. The client sends what it returns; after `undefined`, it
   * sends nothing. `signal` is aborted when the challenge is over or the watch ends: close the prompt then.
   */
  onChallenge?: (
    challenge: Challenge,
    job: Job,
    signal: AbortSignal,
  ) => Answers | undefined | Promise<Answers | undefined>;
  /** `true` yields each step, for which the client sends more requests. Default: only when the job asks, is queued or has ended. */
  progress?: boolean;
}

/** A job as a reply showed it, with the reply's `ETag`. */
export interface SeenJob {
  job: Job;
  tag: string | undefined;
}

export interface Watched {
  /** Sends a GET to the path of the job and what follows it, and tries again for long. Returns 200 or 304. */
  read(rest: string, headers: Record<string, string>, signal: AbortSignal): Promise<HttpReply>;
  seenIn(reply: HttpReply): SeenJob;
  answer(answers: Answers, signal: AbortSignal): Promise<SeenJob>;
  /** Calls `onNews` with what a reply to another call of this client showed. Returns a function that ends this. */
  listen(onNews: (seen: SeenJob | "changed") => void): () => unknown;
}

/** How long the API waits for a change. */
const WAIT_SECONDS = 20;
/** How often the client asks an API that does not wait for changes. */
const POLL_MS = 2000;
/** An API that replies without a change before this time did not wait. */
const NO_WAIT_MS = 1000;
/** A queued job may be resumed, or its bank may be back, before the time of its next attempt. */
const LONGEST_QUEUE_PAUSE_MS = 5 * 60_000;
/** After the deadline of a challenge, the API needs a moment to end it. */
const AFTER_DEADLINE_MS = 1000;

/** Yields the job as it is, then after each change, until the job has ended. */
export async function* watchJob(
  watched: Watched,
  { signal, onChallenge, progress = false }: WatchOptions,
): AsyncGenerator<Job, void, undefined> {
  const stop = new AbortController();
  const stopListening = whenAborted(signal, () => stop.abort(signal?.reason));
  const wakers = new Set<() => void>();
  const rest: Rest = (ms) => pause(ms, stop.signal, wakers);
  const changes = changesOf(watched, rest, stop.signal, progress);
  let latest: Job | undefined;
  let news: SeenJob | undefined;
  let change: Promise<SeenJob | undefined> | undefined;
  let prompt: Prompt | undefined;
  let asked: string | undefined;

  const endNews = watched.listen((seen) => {
    if (seen !== "changed") news = seen;
    for (const wake of wakers) wake();
  });

  /** Waits for whatever comes first: a change, the answer of the prompt, or the deadline of its challenge. */
  function somethingToHappen(): Promise<SeenJob | undefined> {
    const open = prompt;
    const answered = open?.outcome.finally(() => {
      if (prompt === open) prompt = undefined;
    });
    // Before its deadline, nothing else is expected to happen to a job that asks.
    if (open?.deadline) return Promise.race([answered, open.deadline]);
    change ??= changes.next().finally(() => {
      change = undefined;
    });
    return Promise.race([answered ?? change, change]);
  }

  try {
    for (;;) {
      let seen = news;
      news = undefined;
      seen ??= await somethingToHappen();
      if (seen === undefined || !isNewer(seen.job, latest)) continue;
      const { job } = seen;
      latest = job;
      changes.know(seen);
      const challenge = challengeOf(job);
      const key = challenge && JSON.stringify(challenge);
      if (prompt?.key !== key) {
        prompt?.close();
        prompt = undefined;
      }
      if (progress || stateOf(job) !== "running") yield job;
      if (hasEnded(job)) return;
      if (challenge && onChallenge && key !== asked) {
        asked = key;
        prompt = openPrompt(onChallenge, challenge, job, watched, rest, stop.signal);
      }
    }
  } finally {
    stop.abort();
    prompt?.close();
    stopListening();
    endNews();
  }
}

/** Replies may arrive in another order, and two of them may show the same. */
function isNewer(job: Job, latest: Job | undefined): boolean {
  if (latest === undefined) return true;
  return job.updated >= latest.updated && JSON.stringify(job) !== JSON.stringify(latest);
}

/** Waits, unless another call of this client changes the job before. */
type Rest = (ms: number) => Promise<void>;

interface Changes {
  /** Returns the job as soon as it differs from what is known. */
  next(): Promise<SeenJob>;
  know(seen: SeenJob): void;
}

function changesOf({ read, seenIn }: Watched, rest: Rest, signal: AbortSignal, progress: boolean): Changes {
  let known: SeenJob | undefined;
  let restMs = 0;
  /** Whether the API has the route `changes`. Older versions do not have it. */
  let waits = true;
  const queue = () => known && queueOf(known.job);

  async function ask(): Promise<HttpReply> {
    const headers = { ...(known?.tag && { "if-none-match": known.tag }) };
    if (waits && !queue()) {
      const isRunning = known === undefined || stateOf(known.job) === "running";
      // If the job asks, the API replies immediately to a request with `while=running`.
      const skipping = isRunning && !progress ? "&while=running" : "";
      try {
        return await read(`/changes?wait=${WAIT_SECONDS}${skipping}`, headers, signal);
      } catch (error) {
        if (!isMissingRoute(error)) throw error;
        waits = false;
      }
    }
    // If the job itself is missing, this throws the API's error.
    return read("", headers, signal);
  }

  /** Returns how long to rest before the next request. `isNews`: the reply shows another job than was known before the request. */
  function restAfter(reply: HttpReply, tookMs: number, isNews: boolean): number {
    const nextAttemptAt = queue()?.nextAttemptAt;
    if (nextAttemptAt !== undefined) {
      return Math.min(Math.max(msUntil(nextAttemptAt), POLL_MS), LONGEST_QUEUE_PAUSE_MS);
    }
    const seconds = retryAfterOf(reply);
    if (seconds !== undefined) return seconds * 1000;
    // Without the tag, the API cannot know what to wait for: a proxy may remove it from the replies, or change it in the requests.
    const hasWaited = waits && known?.tag !== undefined && (isNews || tookMs >= NO_WAIT_MS);
    return hasWaited ? 0 : POLL_MS;
  }

  return {
    async next() {
      for (;;) {
        if (restMs > 0) await rest(restMs);
        const startedAt = Date.now();
        const before = JSON.stringify(known?.job);
        const reply = await ask();
        const seen = reply.status === 304 ? undefined : seenIn(reply);
        known = seen ?? known;
        const isNews = seen !== undefined && JSON.stringify(seen.job) !== before;
        restMs = restAfter(reply, Date.now() - startedAt, isNews);
        if (seen !== undefined) return seen;
      }
    },
    know(seen) {
      known = seen;
    },
  };
}

/** An older API, and a gateway before it, reply 404 or 405 to a route that they do not have. */
function isMissingRoute(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 404 || error.status === 405);
}

/** A call of `onChallenge`. */
interface Prompt {
  /** Distinguishes the challenge from the one before: another challenge has another deadline. */
  key: string;
  /** What the reply to the answer showed. `undefined` without an answer. */
  outcome: Promise<SeenJob | undefined>;
  /** Resolves at the deadline of the challenge, or when another call of this client has changed the job; `undefined` from then on. */
  deadline: Promise<undefined> | undefined;
  close(): void;
}

function openPrompt(
  onChallenge: NonNullable<WatchOptions["onChallenge"]>,
  challenge: Challenge,
  job: Job,
  { read, seenIn, answer }: Watched,
  rest: Rest,
  stop: AbortSignal,
): Prompt {
  const closing = new AbortController();
  const key = JSON.stringify(challenge);

  async function outcome(): Promise<SeenJob | undefined> {
    const answers = await onChallenge(challenge, job, closing.signal);
    if (answers === undefined || closing.signal.aborted) return undefined;
    try {
      return await answer(answers, stop);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status >= 500) throw error;
      // If the bank has refused the answer, the job shows it. If the API has, the challenge is still open.
      const seen = seenIn(await read("", {}, stop));
      if (JSON.stringify(challengeOf(seen.job)) === key) throw error;
      return seen;
    }
  }

  const deadline = rest(msUntilDeadline(challenge, job)).then(() => {
    prompt.deadline = undefined;
    return undefined;
  });
  const prompt: Prompt = {
    key,
    outcome: untilAborted(outcome(), stop),
    deadline,
    close: () => closing.abort(),
  };
  // If something else happens first, nobody awaits these promises. Their errors then do not count.
  for (const promise of [prompt.outcome, deadline]) promise.catch(() => undefined);
  return prompt;
}

/** The clock of this machine may be wrong. On the API's clock, the challenge was opened at the job's last update, or before. */
function msUntilDeadline({ expiresAt }: Challenge, { updated }: Job): number {
  return Math.min(msUntil(expiresAt), msUntil(expiresAt, Date.parse(updated))) + AFTER_DEADLINE_MS;
}

/** Returns 0 for a time that is over or cannot be read. */
function msUntil(timestamp: string, now = Date.now()): number {
  const ms = Date.parse(timestamp) - now;
  return ms > 0 ? ms : 0;
}
