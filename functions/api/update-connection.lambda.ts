import { acceptingDeps } from "../runtime/accepting-deps.ts";
import { apiHandler } from "../runtime/api-handler.ts";
import { authenticate, connectionOfPath, userOfPath } from "../runtime/authenticate.ts";
import * as parts from "../runtime/compose.ts";
import { requireJson } from "../runtime/http-request.ts";
import { keyedRequest } from "../runtime/keyed-request.ts";
import { aboutJob } from "../runtime/log.ts";
import { once } from "../runtime/once.ts";
import type { Accepted } from "../use-cases/accept-job.ts";
import { takePost } from "../use-cases/take-post.ts";
import { updateConnection } from "../use-cases/update-connection.ts";
import { parseConnectionRequest } from "../wire/connection-request.ts";
import { renderAccepted } from "../wire/job-rendering.ts";

const deps = once(() => ({ ...acceptingDeps(), connections: parts.connections() }));

const render = (accepted: Accepted) => renderAccepted(accepted, parts.replyOptions());

export const handler = apiHandler("update-connection", async (request) => {
  const userId = userOfPath(request, await authenticate(deps(), request));
  const connectionId = connectionOfPath(request);
  requireJson(request);
  const { login } = parseConnectionRequest(request.jsonObject());
  return takePost(deps(), userId, keyedRequest(request, userId), {
    run: async (jobId) =>
      render(
        await updateConnection({ ...deps(), newId: () => aboutJob(jobId) }, { userId, connectionId, login }),
      ),
    begun: (job) => render({ isNew: true, job }),
  });
});
