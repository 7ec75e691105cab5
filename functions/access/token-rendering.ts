import type { TokenReply } from "../http/api-replies.ts";
import type { Secret } from "../jobs/domain/secret.ts";

/** The reply in which a token leaves us. */
export function renderToken(token: { accessToken: Secret; expiresInSeconds: number }): TokenReply {
  return {
    access_token: token.accessToken.reveal(),
    token_type: "Bearer",
    expires_in: token.expiresInSeconds,
  };
}
