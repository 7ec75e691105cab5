import { vi } from "vitest";
import type { Challenge, ConnectionJobsOptions, Job, Step } from "../../../../client/client.ts";

export interface Sent {
  /** Such as `GET /jobs/1/changes?wait=20`. */
  line: string;
  headers: Record<string, string>;
  body: string | undefined;
  signal: AbortSignal | undefined;
}

/** A reply, an error of `fetch`, or what makes one of them from the request. */
type Scripted = Response | Error | ((sent: Sent) => Response | Error | Promise<Response>);

export const URL_OF_API = "https://api.example.com";
export const API_KEY = "key-that-nobody-may-see";

/** An API whose replies are written down in their order. It gives tokens by itself, unless a reply for `POST /token` is there. */
export class ScriptedApi {
  readonly sent: Sent[] = [];
  readonly #replies: Scripted[] = [];
  #tokens = 0;

  readonly fetch: typeof fetch = async (input, init) => {
    const line = `${init?.method} ${String(input).replace(URL_OF_API, "")}`;
    const headers = Object.fromEntries(new Headers(init?.headers));
    const sent = {
      line,
      headers,
      body: typeof init?.body === "string" ? init.body : undefined,
      signal: init?.signal ?? undefined,
    };
    this.sent.push(sent);
    const scripted = line === "POST /token" ? this.#token() : this.#replies.shift();
    if (scripted === undefined) throw new Error(`No reply is written down for ${line}.`);
    const reply = typeof scripted === "function" ? await scripted(sent) : scripted;
    if (reply instanceof Error) throw reply;
    return reply;
  };

  /** Replies to the next requests, in this order. */
  reply(...replies: Scripted[]): this {
    this.#replies.push(...replies);
    return this;
  }

  tokenReplies: Scripted[] = [];

  #token(): Scripted {
    this.#tokens += 1;
    return (
      this.tokenReplies.shift() ??
      json({ access_token: `token-${this.#tokens}`, token_type: "Bearer", expires_in: 3600 })
    );
  }

  get lines(): string[] {
    return this.sent.map(({ line }) => line);
  }

  get options(): ConnectionJobsOptions {
    return { url: URL_OF_API, apiKey: API_KEY, fetch: this.fetch };
  }
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers });
}

export function refusal(status: number, code: string, headers: Record<string, string> = {}): Response {
  const data = [{ type: "error", code, title: `Title of ${code}`, detail: `Detail of ${code}.` }];
  return json({ type: "list", correlationId: "c0ffee", data }, status, headers);
}

export function notModified(headers: Record<string, string> = {}): Response {
  return new Response(null, { status: 304, headers });
}

export const networkError = () =>
  new TypeError("fetch failed", { cause: Object.assign(new Error(API_KEY), { code: "ECONNREFUSED" }) });

const BEGUN = "2026-11-29T05:50:00Z";

export function jobWith(steps: Step[], updated = BEGUN): Job {
  const links = { self: `${URL_OF_API}/jobs/1` };
  return { type: "job", id: "1", created: BEGUN, updated, jobType: "connection", steps, links };
}

export function step(title: string, status: Step["status"], result: Step["result"] = null): Step {
  return { title, status, result };
}

export function challenge(question = "OTP Password", expiresAt = "2026-11-29T05:52:00Z"): Challenge {
  return {
    type: "mfa",
    method: "token",
    description: "Enter the code.",
    input: [question],
    expiryMs: 120_000,
    expiresAt,
    links: { response: `${URL_OF_API}/jobs/1/mfa` },
  };
}

/** What a job at a bank with a challenge shows, one after the other. */
export const RUNNING = jobWith([step("verify-credentials", "in-progress"), step("mfa-challenge", "pending")]);
export const ASKING = jobWith([
  step("verify-credentials", "success"),
  step("mfa-challenge", "in-progress", challenge()),
]);
export const ANSWERED = jobWith([
  step("verify-credentials", "success"),
  step("mfa-challenge", "success"),
  step("retrieve-accounts", "in-progress"),
]);
export const SUCCEEDED = jobWith([
  step("verify-credentials", "success"),
  step("mfa-challenge", "success"),
  step("retrieve-accounts", "success"),
]);
export const REFUSED = jobWith([
  step("verify-credentials", "success"),
  step("mfa-challenge", "failed", {
    code: "invalid-credentials",
    title: "Wrong code",
    detail: "The code is wrong.",
    details: "The code is wrong.",
  }),
]);
export function queuedUntil(nextAttemptAt: string): Job {
  const detail = "Job queued, retry in 2 hours.";
  return jobWith([
    step("verify-credentials", "pending", {
      code: "temporary-unavailable-queued",
      title: "Institution temporary unavailable, retry pending",
      detail,
      details: detail,
      attempt: 1,
      attemptsLeft: 84,
      nextAttemptAt,
      expiresAt: "2026-12-06T05:50:00Z",
    }),
  ]);
}

export function tagged(job: Job, tag: string): Response {
  return json(job, 200, { etag: `"${tag}"` });
}

/** Passes all time of the fake clock that `work` waits for, and returns its result and how many milliseconds it waited. */
export async function passing<Value>(work: Promise<Value>): Promise<{ value: Value; ms: number }> {
  const startedAt = Date.now();
  const ended = { isEnded: false };
  const watched = work.finally(() => {
    ended.isEnded = true;
  });
  watched.catch(() => undefined);
  while (!ended.isEnded) await vi.advanceTimersToNextTimerAsync();
  return { value: await watched, ms: Date.now() - startedAt };
}
