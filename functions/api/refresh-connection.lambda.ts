import { acceptingDeps } from "../runtime/accepting-deps.ts";
import { apiHandler } from "../runtime/api-handler.ts";
import { authenticate, connectionOfPath, userOfPath } from "../runtime/authenticate.ts";
import * as parts from "../runtime/compose.ts";
import { keyedRequest } from "../runtime/keyed-request.ts";
import { aboutJob } from "../runtime/log.ts";
import { once } from "../runtime/once.ts";
import type { Accepted } from "../use-cases/accept-job.ts";
import { refreshConnection } from "../use-cases/refresh-connection.ts";
import { takePost } from "../use-cases/take-post.ts";
import { renderAccepted } from "../wire/job-rendering.ts";

const deps = once(() => ({ ...acceptingDeps(), connections: parts.connections() }));

const render = (accepted: Accepted) => renderAccepted(accepted, parts.replyOptions());

export const handler = apiHandler("refresh-connection", async (request) => {
  const userId = userOfPath(request, await authenticate(deps(), request));
  const connectionId = connectionOfPath(request);
  return takePost(deps(), userId, keyedRequest(request, userId), {
    run: async (jobId) =>
      render(await refreshConnection({ ...deps(), newId: () => aboutJob(jobId) }, { userId, connectionId })),
    begun: (job) => render({ isNew: true, job }),
  });
});
