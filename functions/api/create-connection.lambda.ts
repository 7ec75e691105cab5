import { acceptingDeps } from "../runtime/accepting-deps.ts";
import { apiHandler } from "../runtime/api-handler.ts";
import { authenticate, userOfPath } from "../runtime/authenticate.ts";
import * as parts from "../runtime/compose.ts";
import { requireJson } from "../runtime/http-request.ts";
import { keyedRequest } from "../runtime/keyed-request.ts";
import { aboutJob } from "../runtime/log.ts";
import { once } from "../runtime/once.ts";
import { acceptConnection } from "../use-cases/accept-connection.ts";
import type { Accepted } from "../use-cases/accept-job.ts";
import { takePost } from "../use-cases/take-post.ts";
import { parseConnectionRequest } from "../wire/connection-request.ts";
import { renderAccepted } from "../wire/job-rendering.ts";

const deps = once(acceptingDeps);

const render = (accepted: Accepted) => renderAccepted(accepted, parts.replyOptions());

export const handler = apiHandler("create-connection", async (request) => {
  const userId = userOfPath(request, await authenticate(deps(), request));
  requireJson(request);
  const asked = parseConnectionRequest(request.jsonObject());
  return takePost(deps(), userId, keyedRequest(request, userId), {
    run: async (jobId) =>
      render(await acceptConnection({ ...deps(), newId: () => aboutJob(jobId) }, { userId, ...asked })),
    begun: (job) => render({ isNew: true, job }),
  });
});
