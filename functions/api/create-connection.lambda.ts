import { apiHandler } from "../runtime/api-handler.ts";
import { authenticate, userOfPath } from "../runtime/authenticate.ts";
import * as parts from "../runtime/compose.ts";
import { requireJson } from "../runtime/http-request.ts";
import { once } from "../runtime/once.ts";
import { acceptConnection } from "../use-cases/accept-connection.ts";
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
  tokenVerifier: parts.tokenVerifier(),
}));

export const handler = apiHandler("create-connection", async (request) => {
  const userId = userOfPath(request, await authenticate(deps(), request));
  requireJson(request);
  const asked = parseConnectionRequest(request.jsonObject());
  return renderAccepted(await acceptConnection(deps(), { userId, ...asked }), parts.replyOptions());
});
