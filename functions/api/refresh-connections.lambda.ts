import { apiHandler } from "../runtime/api-handler.ts";
import { authenticate, userOfServer } from "../runtime/authenticate.ts";
import * as parts from "../runtime/compose.ts";
import { once } from "../runtime/once.ts";
import { refreshConnections } from "../use-cases/refresh-connections.ts";
import { renderStubs } from "../wire/job-rendering.ts";

const deps = once(() => ({
  newId: parts.newId,
  clock: parts.clock(),
  jobs: parts.jobRows(),
  claims: parts.claims(),
  workflow: parts.workflow(),
  institutions: parts.institutions(),
  connections: parts.connections(),
  tokenVerifier: parts.tokenVerifier(),
}));

export const handler = apiHandler("refresh-connections", async (request) => {
  const userId = userOfServer(request, await authenticate(deps(), request));
  const jobs = await refreshConnections(deps(), { userId });
  return { status: 202, body: renderStubs(jobs, parts.replyOptions()) };
});
