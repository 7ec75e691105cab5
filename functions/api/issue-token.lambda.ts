import { apiHandler } from "../runtime/api-handler.ts";
import { apiKeys, clock, requestCounts, settings, tokenIssuer } from "../runtime/compose.ts";
import { requireForm } from "../runtime/http-request.ts";
import { once } from "../runtime/once.ts";
import { issueToken } from "../use-cases/issue-token.ts";
import { renderToken } from "../wire/token-rendering.ts";
import { parseTokenRequest } from "../wire/token-request.ts";
import { TOKEN_WORDINGS } from "../wire/token-wordings.ts";

const deps = once(() => ({
  clock: clock(),
  apiKeys: apiKeys(),
  requestCounts: requestCounts(),
  settings: settings(),
  tokenIssuer: tokenIssuer(),
}));

export const handler = apiHandler(
  "issue-token",
  async (request) => {
    requireForm(request);
    const asked = parseTokenRequest({
      authorization: request.header("authorization"),
      version: request.header("basiq-version"),
      body: request.text(),
    });
    return { status: 200, body: renderToken(await issueToken(deps(), asked)) };
  },
  TOKEN_WORDINGS,
);
