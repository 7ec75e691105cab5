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

/** Whether the bank asks the user something in each login. */
export const ASKING = ["always", "sometimes", "never"] as const;

const ASKS: { readonly [authorization in Authorization]: (typeof ASKING)[number] } = {
  "user-mfa": "always",
  "user-mfa-intermittent": "sometimes",
  user: "never",
  token: "never",
};

/** Returns whether the job's bank asks the user something, as far as the bank's record said when the job began. */
export function asksUser({ authorization }: { authorization: Authorization }): (typeof ASKING)[number] {
  return ASKS[authorization];
}

export function mayAskForMfa(authorization: Authorization): boolean {
  return authorization === "user-mfa" || authorization === "user-mfa-intermittent";
}
