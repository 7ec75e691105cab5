import { Refusal } from "../jobs/domain/refusal.ts";
import type { Secret } from "../jobs/domain/secret.ts";
import type { ApiVersion, Scope, TokenClaims } from "./caller.ts";
import type { AccessPorts } from "./ports.ts";
import { type CountDeps, countRequest } from "./rate-limit.ts";

export interface IssueToken {
  apiKey: Secret | undefined;
  version: ApiVersion;
  scope: Scope;
  userId: string | undefined;
}

export interface IssuedToken {
  accessToken: Secret;
  expiresInSeconds: number;
}

/**
 * Exchanges an API key for a token. Throws a `Refusal` if the key is not valid, if the user is missing, or if the
 * rate limit is exceeded. Counts only requests with a valid key: unknown keys write no row.
 */
export async function issueToken(
  deps: Pick<AccessPorts, "apiKeys" | "tokenIssuer" | "settings"> & CountDeps,
  request: IssueToken,
): Promise<IssuedToken> {
  const { apiKey, scope, version, userId } = request;
  const keyId = apiKey && (await deps.apiKeys.idOf(apiKey));
  if (keyId === undefined) throw new Refusal("api-key-not-valid");
  const claims: TokenClaims = scope === "SERVER_ACCESS" ? { scope, version } : { scope, version, userId };
  const isForNobody = scope === "CLIENT_ACCESS" && userId === undefined;
  if (isForNobody && !deps.settings.allowsUnboundClientTokens) {
    throw new Refusal({ reason: "field-missing", field: "userId" });
  }
  await countRequest(deps, "token", keyId);
  return deps.tokenIssuer.issue(claims);
}
