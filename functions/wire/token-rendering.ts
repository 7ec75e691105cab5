import type { Secret } from "../domain/secret.ts";
import type { TokenReply } from "./api-replies.ts";

/** The reply in which a token leaves us. */
export function renderToken(token: { accessToken: Secret; expiresInSeconds: number }): TokenReply {
  return {
    access_token: token.accessToken.reveal(),
    token_type: "Bearer",
    expires_in: token.expiresInSeconds,
  };
}
