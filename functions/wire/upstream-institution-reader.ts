import * as z from "zod/mini";
import { AUTHORIZATIONS, type Authorization, type Institution } from "../domain/institution.ts";
import { upstreamId } from "./ids.ts";
import { text } from "./upstream-text.ts";

const institutionSchema = z.object({
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
  const record = institutionSchema.parse(reply);
  return {
    id: record.id,
    authorization: MEANINGS.get(record.authorization ?? "") ?? "user",
    needsSecurityCode: Boolean(record.securityCodeCaption),
    needsSecondaryLoginId: Boolean(record.secondaryLoginIdCaption),
    status: record.status ?? "operational",
  };
}
