import { randomUUID } from "node:crypto";
import { apiKeyHash, apiKeyId } from "../../functions/access/api-keys.ts";
import type { TokenClaims } from "../../functions/access/caller.ts";
import type { ApiKeys, TokenIssuer, TokenVerifier } from "../../functions/access/ports.ts";
import type { Clock } from "../../functions/jobs/domain/clock.ts";
import { Refusal } from "../../functions/jobs/domain/refusal.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";

const TOKEN_LIFE_SECONDS = 3600;

/** API keys in memory: these are valid, and no other one is. */
export function fakeApiKeys(...valid: readonly string[]): ApiKeys {
  const hashes = valid.map((text) => apiKeyHash(new Secret(text)));
  return {
    idOf: async (apiKey) => hashes.filter((hash) => hash === apiKeyHash(apiKey)).map(apiKeyId)[0],
  };
}

export interface FakeTokens extends TokenIssuer, TokenVerifier {
  /** The claims of every token, in the order of issuing. */
  readonly issued: TokenClaims[];
}

/** Tokens in memory, which expire by the clock. */
export function fakeTokens(clock: Clock): FakeTokens {
  const issued: TokenClaims[] = [];
  const tokens = new Map<string, { claims: TokenClaims; until: Date }>();
  return {
    issued,
    issue: async (claims) => {
      const token = randomUUID();
      tokens.set(token, { claims, until: clock.after(TOKEN_LIFE_SECONDS * 1000) });
      issued.push(claims);
      return { accessToken: new Secret(token), expiresInSeconds: TOKEN_LIFE_SECONDS };
    },
    verify: async (token) => {
      const found = tokens.get(token);
      if (found === undefined) throw new Refusal("token-not-valid");
      if (found.until <= clock.now()) throw new Refusal("token-expired");
      return found.claims;
    },
  };
}
