import { apiKeys, clock, once, requestCounts, settings, tokenIssuer } from "../compose.ts";
import { apiHandler } from "../http/api-handler.ts";
import { requireForm } from "../http/request.ts";
import { issueToken } from "./issue-token.ts";
import { parseTokenRequest, renderToken } from "./token-request.ts";

const deps = once(() => ({
  clock: clock(),
  apiKeys: apiKeys(),
  requestCounts: requestCounts(),
  settings: settings(),
  tokenIssuer: tokenIssuer(),
}));

export const handler = apiHandler("issue-token", async (request) => {
  requireForm(request);
  const asked = parseTokenRequest({
    authorization: request.header("authorization"),
    version: request.header("basiq-version"),
    body: request.text(),
  });
  return { status: 200, body: renderToken(await issueToken(deps(), asked)) };
});
