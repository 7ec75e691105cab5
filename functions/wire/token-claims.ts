import * as z from "zod/mini";
import { BASIQ_VERSIONS, SCOPES, type TokenClaims } from "../domain/caller.ts";
import { userIdSchema } from "./ids.ts";

export const TOKEN_ALGORITHM = "ES256";

/** The names that published web clients look for when they decode a token. */
const payloadSchema = z.object({
  scope: z.literal(SCOPES),
  version: z.literal(BASIQ_VERSIONS),
  userid: z.optional(userIdSchema),
  iat: z.optional(z.number()),
  exp: z.number(),
  nbf: z.optional(z.number()),
});

/** `issuedAt` and `expiresAt` in seconds since 1970. */
export function tokenPayload({ scope, version, userId }: TokenClaims, issuedAt: number, expiresAt: number) {
  return { scope, version, userid: userId, iat: issuedAt, exp: expiresAt };
}

/** The claims of a payload that holds now, in seconds since 1970; `over` of one that held once. */
export function readTokenPayload(payload: unknown, now: number): TokenClaims | "over" | undefined {
  const parsed = payloadSchema.safeParse(payload);
  if (!parsed.success) return undefined;
  const { scope, version, userid, exp, nbf = now } = parsed.data;
  if (exp <= now) return "over";
  return nbf <= now ? { scope, version, userId: userid } : undefined;
}
