export const SCOPES = ["SERVER_ACCESS", "CLIENT_ACCESS"] as const;
export type Scope = (typeof SCOPES)[number];

export const API_VERSIONS = ["2.0", "2.1", "3.0"] as const;
export type ApiVersion = (typeof API_VERSIONS)[number];

export interface TokenClaims {
  scope: Scope;
  version: ApiVersion;
  /** The user that a client token is bound to. Old 2.1 programs request client tokens without a user. */
  userId?: string | undefined;
}

/**
 * Returns whether the caller may read and answer the jobs of a user. A client token without a user can do so with
 * every job whose id it knows.
 */
export function reachesJobsOf(caller: TokenClaims, userId: string): boolean {
  return caller.userId === undefined || caller.userId === userId;
}
