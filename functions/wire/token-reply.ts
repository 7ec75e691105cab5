import type { Secret } from "../domain/secret.ts";

/** The reply in which a token leaves us. */
export function renderToken(token: { accessToken: Secret; expiresInSeconds: number }) {
  return {
    access_token: token.accessToken.reveal(),
    token_type: "Bearer",
    expires_in: token.expiresInSeconds,
  };
}
