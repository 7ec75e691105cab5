import type { BasiqVersion, Scope, TokenClaims } from "../domain/caller.ts";
import type { Ports } from "../domain/ports.ts";
import { Refusal } from "../domain/refusal.ts";
import type { Secret } from "../domain/secret.ts";

export interface IssueToken {
  apiKey: Secret | undefined;
  version: BasiqVersion;
  scope: Scope;
  userId: string | undefined;
}

export interface IssuedToken {
  accessToken: Secret;
  expiresInSeconds: number;
}

/** Trades an API key for a token. */
export async function issueToken(
  deps: Pick<Ports, "apiKeys" | "tokenIssuer" | "settings">,
  request: IssueToken,
): Promise<IssuedToken> {
  const { apiKey, scope, version, userId } = request;
  if (apiKey === undefined || !(await deps.apiKeys.isValid(apiKey))) throw new Refusal("api-key-not-valid");
  if (scope === "SERVER_ACCESS") return deps.tokenIssuer.issue({ scope, version });
  if (userId === undefined && !deps.settings.allowsUnboundClientTokens) {
    throw new Refusal({ reason: "field-missing", field: "userId" });
  }
  const claims: TokenClaims = { scope, version, userId };
  return deps.tokenIssuer.issue(claims);
}
