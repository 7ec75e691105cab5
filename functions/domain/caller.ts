export type Scope = "SERVER_ACCESS" | "CLIENT_ACCESS";
export type BasiqVersion = "2.0" | "2.1" | "3.0";

export interface TokenClaims {
  scope: Scope;
  version: BasiqVersion;
  /** The user that a client token is bound to. Old 2.1 programs ask for unbound ones. */
  userId?: string | undefined;
}

/** Whether the jobs of a user may be read and answered. An unbound client token reaches every job by its id. */
export function reachesJobsOf(caller: TokenClaims, userId: string): boolean {
  return caller.userId === undefined || caller.userId === userId;
}
