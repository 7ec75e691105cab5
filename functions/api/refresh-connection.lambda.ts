import { apiHandler } from "../runtime/api-handler.ts";
import { authenticate, connectionOfPath, userOfPath } from "../runtime/authenticate.ts";
import * as parts from "../runtime/compose.ts";
import { once } from "../runtime/once.ts";
import { refreshConnection } from "../use-cases/refresh-connection.ts";
import { renderAccepted } from "../wire/job-rendering.ts";

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

export const handler = apiHandler("refresh-connection", async (request) => {
  const userId = userOfPath(request, await authenticate(deps(), request));
  const connectionId = connectionOfPath(request);
  return renderAccepted(await refreshConnection(deps(), { userId, connectionId }), parts.replyOptions());
});
