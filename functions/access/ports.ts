import type { Secret } from "../jobs/domain/secret.ts";
import type { TokenClaims } from "./caller.ts";
import type { RequestCounts } from "./rate-limit.ts";

/** What deciding who may call needs of the world outside. */
export interface AccessPorts {
  settings: Settings;
  apiKeys: ApiKeys;
  tokenIssuer: TokenIssuer;
  tokenVerifier: TokenVerifier;
  requestCounts: RequestCounts;
}

export interface Settings {
  /** Old 2.1 programs ask for client tokens that name no user. */
  allowsUnboundClientTokens: boolean;
}

export interface ApiKeys {
  /** Returns the id of a valid key, and nothing for any other text. */
  idOf(apiKey: Secret): Promise<string | undefined>;
}

export interface TokenIssuer {
  issue(claims: TokenClaims): Promise<{ accessToken: Secret; expiresInSeconds: number }>;
}

export interface TokenVerifier {
  /** Throws a `Refusal` for every token that we did not issue, or that has expired. */
  verify(token: string): Promise<TokenClaims>;
}
