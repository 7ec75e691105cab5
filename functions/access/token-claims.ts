import * as z from "zod/v4/core";
import { userIdSchema } from "../jobs/domain/ids.ts";
import { object, oneOf, optional } from "../jobs/domain/kinds.ts";
import { BASIQ_VERSIONS, SCOPES, type TokenClaims } from "./caller.ts";

export const TOKEN_ALGORITHM = "ES256";

/** The names that published web clients look for when they decode a token. */
const payloadSchema = object({
  scope: oneOf(...SCOPES),
  version: oneOf(...BASIQ_VERSIONS),
  userid: optional(userIdSchema),
});

/** `issuedAt` and `expiresAt` in seconds since 1970. */
export function tokenPayload({ scope, version, userId }: TokenClaims, issuedAt: number, expiresAt: number) {
  return { scope, version, userid: userId, iat: issuedAt, exp: expiresAt };
}

export function readTokenPayload(payload: unknown): TokenClaims | undefined {
  const parsed = z.safeParse(payloadSchema, payload);
  if (!parsed.success) return undefined;
  const { scope, version, userid } = parsed.data;
  return { scope, version, userId: userid };
}
