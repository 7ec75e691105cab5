export const SCOPES = ["SERVER_ACCESS", "CLIENT_ACCESS"] as const;
export type Scope = (typeof SCOPES)[number];

export const API_VERSIONS = ["2.0", "2.1", "3.0"] as const;
export type ApiVersion = (typeof API_VERSIONS)[number];

/** The last version in which the aggregator takes logins: since 3.0, only its Consent UI makes connections. */
export const DEFAULT_UPSTREAM_VERSION: ApiVersion = "2.1";

/** Who takes the logins: our API, or the aggregator's Consent UI. */
export const CONNECTS = ["direct", "consent-ui"] as const;
export type Connect = (typeof CONNECTS)[number];

/** Returns who takes the logins, or `undefined` if the version does not allow what was asked for. */
export function connectWith(version: ApiVersion, asked?: Connect): Connect | undefined {
  if (version === "3.0") return asked === "direct" ? undefined : "consent-ui";
  return asked ?? "direct";
}

export const DIRECT_NEEDS_2 =
  "connect=direct needs upstreamVersion 2.0 or 2.1: since 3.0, only the Consent UI makes connections";

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
  return caller.userId === undefined || caller.userId === userId.toLowerCase();
}
