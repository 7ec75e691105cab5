import * as z from "zod/v4/core";
import { UpstreamUnavailable } from "../../jobs/domain/errors.ts";
import { Secret } from "../../jobs/domain/secret.ts";
import { basiqFetch } from "./basiq-fetch.ts";
import { upstreamTokenSchema } from "./upstream-replies.ts";

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
export function basiqToken({ baseUrl, apiKey, version }: BasiqTokenOptions): BasiqToken {
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
