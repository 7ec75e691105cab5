import * as z from "zod/mini";
import { UpstreamUnavailable } from "../../jobs/domain/errors.ts";
import { Secret } from "../../jobs/domain/secret.ts";
import { type BasiqReply, pauseAskedBy } from "./exchange.ts";
import { upstreamTokenSchema } from "./replies.ts";

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
  /** Returns a token that is bound to the user, or `undefined` if the aggregator refuses to issue one. */
  ofUser(userId: string): Promise<Secret | undefined>;
}

type Send = (url: URL, init: RequestInit) => Promise<BasiqReply>;

/** Exchanges the API key for tokens, and caches the server token until shortly before it expires. */
export function basiqToken({ baseUrl, apiKey, version }: BasiqTokenOptions, send: Send): BasiqToken {
  let held: { token: Promise<Secret>; until: number } | undefined;

  async function exchangeKey(fields: Readonly<Record<string, string>>) {
    const key = await apiKey().catch(() => {
      // Nothing was sent yet. We treat a key that cannot be read like a key that the aggregator rejects.
      throw new UpstreamUnavailable({ refusesOurKey: true });
    });
    const reply = await send(new URL(`${baseUrl}/token`), {
      method: "POST",
      headers: {
        authorization: `Basic ${key.reveal()}`,
        "basiq-version": version,
        "content-type": "application/x-www-form-urlencoded",
      },
      body: new URLSearchParams(fields),
    }).catch((error: unknown) => {
      // Nothing of the caller's request was sent yet.
      throw new UpstreamUnavailable({ retryAfterMs: retryAfterOf(error) });
    });
    const issued = z.safeParse(upstreamTokenSchema, reply.json);
    return { reply, issued: reply.status === 200 ? issued.data : undefined };
  }

  async function trade(): Promise<Secret> {
    const { reply, issued } = await exchangeKey({ scope: "SERVER_ACCESS" });
    if (issued === undefined) throw notIssued(reply, { refusesOurKey: saysNo(reply.status) });
    if (held !== undefined) held.until = Date.now() + issued.expires_in * 1000 - MARGIN_MS;
    return new Secret(issued.access_token);
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
    async ofUser(userId) {
      const { reply, issued } = await exchangeKey({ scope: "CLIENT_ACCESS", userId });
      if (issued === undefined && !saysNo(reply.status)) throw notIssued(reply);
      return issued && new Secret(issued.access_token);
    },
  };
}

function notIssued(reply: BasiqReply, { refusesOurKey = false } = {}): UpstreamUnavailable {
  return new UpstreamUnavailable({ refusesOurKey, retryAfterMs: pauseAskedBy(reply) });
}

function retryAfterOf(error: unknown): number | undefined {
  return error instanceof UpstreamUnavailable ? error.retryAfterMs : undefined;
}

/**
 * Returns whether the status rejects our API key. The key is our only input here. The documented reply to
 * an unknown key is a 404.
 */
function saysNo(status: number): boolean {
  return status >= 400 && status < 500 && status !== 429;
}
