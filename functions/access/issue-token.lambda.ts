import { apiKeys, clock, once, requestCounts, settings, tokenIssuer } from "../compose.ts";
import { apiHandler } from "../http/api-handler.ts";
import { issueToken } from "./issue-token.ts";
import { parseTokenRequest, renderToken, tokenFields } from "./token-request.ts";

const deps = once(() => ({
  clock: clock(),
  apiKeys: apiKeys(),
  requestCounts: requestCounts(),
  settings: settings(),
  tokenIssuer: tokenIssuer(),
}));

export const handler = apiHandler("issue-token", async (request) => {
  const asked = parseTokenRequest({
    authorization: request.header("authorization"),
    version: request.header("basiq-version"),
    fields: tokenFields(request),
  });
  return { status: 200, body: renderToken(await issueToken(deps(), asked)) };
});
