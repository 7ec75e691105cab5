import { untilAborted } from "./pause.ts";

/** The client replaces a token this long before its end, so that it does not expire on the way to the API; a short token at nine tenths. */
const MARGIN_MS = 60_000;

export interface Tokens {
  current(signal?: AbortSignal): Promise<string>;
  /** Forgets a token that the API has refused as expired. */
  forget(token: string): void;
}

export interface NewToken {
  token: string;
  /** `Infinity`: until the API refuses it. */
  validMs: number;
}

/** Stores a token until it expires. Concurrent calls share one call of `obtain`. */
export function keptTokens(obtain: () => Promise<NewToken>): Tokens {
  let kept: Promise<string> | undefined;
  let value: string | undefined;
  let until = 0;

  async function renew(): Promise<string> {
    try {
      const { token, validMs } = await obtain();
      if (!isHeaderText(token)) throw new TypeError("token must be printable ASCII without blanks.");
      until = Date.now() + validMs - Math.min(MARGIN_MS, validMs / 10);
      value = token;
      return token;
    } catch (error) {
      kept = undefined;
      throw error;
    }
  }

  return {
    current(signal) {
      if (kept === undefined || Date.now() >= until) {
        until = Infinity;
        value = undefined;
        kept = renew();
      }
      return untilAborted(kept, signal);
    },
    forget(token) {
      if (value === token) until = 0;
    },
  };
}

export function isHeaderText(text: unknown): text is string {
  return typeof text === "string" && /^[\x21-\x7e]+$/.test(text);
}
