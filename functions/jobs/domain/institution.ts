export const AUTHORIZATIONS = ["user", "token", "user-mfa", "user-mfa-intermittent"] as const;
export type Authorization = (typeof AUTHORIZATIONS)[number];

/** The fields of an institution that a job needs. The aggregator's record contains many more. */
export interface Institution {
  id: string;
  authorization: Authorization;
  needsSecurityCode: boolean;
  needsSecondaryLoginId: boolean;
  status: string;
}

/** The statuses in which the published retry mechanism runs a job. Every other status is an outage. */
const AVAILABLE_STATUSES: readonly string[] = ["operational", "degraded-performance", "under-maintenance"];

export function isAvailable(institution: Pick<Institution, "status">): boolean {
  return AVAILABLE_STATUSES.includes(institution.status);
}

export function mayAskForMfa(authorization: Authorization): boolean {
  return authorization === "user-mfa" || authorization === "user-mfa-intermittent";
}
