import { apiHandler } from "../runtime/api-handler.ts";
import { authenticate, connectionOfPath, userOfPath } from "../runtime/authenticate.ts";
import * as parts from "../runtime/compose.ts";
import { requireJson } from "../runtime/http-request.ts";
import { once } from "../runtime/once.ts";
import { updateConnection } from "../use-cases/update-connection.ts";
import { parseConnectionRequest } from "../wire/connection-request.ts";
import { renderAccepted } from "../wire/job-rendering.ts";

const deps = once(() => ({
  newId: parts.newId,
  clock: parts.clock(),
  jobs: parts.jobRows(),
  claims: parts.claims(),
  vault: parts.vaultDoor(),
  workflow: parts.workflow(),
  refusedLogins: parts.notedRefusals(),
  institutions: parts.institutions(),
  connections: parts.connections(),
  tokenVerifier: parts.tokenVerifier(),
}));

export const handler = apiHandler("update-connection", async (request) => {
  const userId = userOfPath(request, await authenticate(deps(), request));
  const connectionId = connectionOfPath(request);
  requireJson(request);
  const { login } = parseConnectionRequest(request.jsonObject());
  const accepted = await updateConnection(deps(), { userId, connectionId, login });
  return renderAccepted(accepted, parts.replyOptions());
});
