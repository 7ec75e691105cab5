import type { Authorization, Institution } from "../domain/institution.ts";
import { upstreamInstitutionSchema } from "./upstream-replies.ts";

/** `user-token` and `token` are one; anything else that is not MFA is a plain login. */
const AUTHORIZATIONS = new Map<string, Authorization>([
  ["user", "user"],
  ["token", "token"],
  ["user-token", "token"],
  ["user-mfa", "user-mfa"],
  ["user-mfa-intermittent", "user-mfa-intermittent"],
]);

/** Throws for anything that is not an institution. */
export function readInstitution(reply: unknown): Institution {
  const record = upstreamInstitutionSchema.parse(reply);
  return {
    id: record.id,
    authorization: AUTHORIZATIONS.get(record.authorization ?? "") ?? "user",
    needsSecurityCode: Boolean(record.securityCodeCaption),
    needsSecondaryLoginId: Boolean(record.secondaryLoginIdCaption),
    status: record.status ?? "operational",
  };
}
