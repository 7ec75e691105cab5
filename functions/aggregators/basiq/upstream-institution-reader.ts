import * as z from "zod/v4/core";
import { upstreamId } from "../../jobs/domain/ids.ts";
import { AUTHORIZATIONS, type Authorization, type Institution } from "../../jobs/domain/institution.ts";
import { object } from "../../jobs/domain/kinds.ts";
import { text } from "./upstream-text.ts";

const institutionSchema = object({
  id: upstreamId,
  authorization: text,
  securityCodeCaption: text,
  secondaryLoginIdCaption: text,
  status: text,
});

/** `user-token` and `token` are one; anything else that is not MFA is a plain login. */
const MEANINGS = new Map<string, Authorization>([
  ...AUTHORIZATIONS.map((name) => [name, name] as const),
  ["user-token", "token"],
]);

/** Throws for anything that is not an institution. */
export function readInstitution(reply: unknown): Institution {
  const record = z.parse(institutionSchema, reply);
  return {
    id: record.id,
    authorization: MEANINGS.get(record.authorization ?? "") ?? "user",
    needsSecurityCode: Boolean(record.securityCodeCaption),
    needsSecondaryLoginId: Boolean(record.secondaryLoginIdCaption),
    status: record.status ?? "operational",
  };
}
