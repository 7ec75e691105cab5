import type { Secret } from "../jobs/domain/secret.ts";
import type { TokenClaims } from "./caller.ts";
import type { RequestCounts } from "./rate-limit.ts";

/** The ports through which access control reaches stores and services. */
export interface AccessPorts {
  settings: Settings;
  apiKeys: ApiKeys;
  tokenIssuer: TokenIssuer;
  tokenVerifier: TokenVerifier;
  requestCounts: RequestCounts;
}

export interface Settings {
  /** Whether client tokens may name no user, as old 2.1 programs request them. */
  allowsUnboundClientTokens: boolean;
}

export interface ApiKeys {
  /** Returns the id of a valid key, or `undefined` for any other text. */
  idOf(apiKey: Secret): Promise<string | undefined>;
}

export interface TokenIssuer {
  issue(claims: TokenClaims): Promise<{ accessToken: Secret; expiresInSeconds: number }>;
}

export interface TokenVerifier {
  /** Throws a `Refusal` if we did not issue the token, or if it has expired. */
  verify(token: string): Promise<TokenClaims>;
}
