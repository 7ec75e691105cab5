import { acceptingDeps } from "../../accepting-deps.ts";
import { authenticate, connectionOfPath, userOfPath } from "../../access/authenticate.ts";
import * as parts from "../../compose.ts";
import { apiHandler } from "../../http/api-handler.ts";
import { once } from "../../once.ts";
import { aboutJob } from "../../platform/log.ts";
import type { Accepted } from "../use-cases/accept-job.ts";
import { refreshConnection } from "../use-cases/refresh-connection.ts";
import { takePost } from "../use-cases/take-post.ts";
import { keyedRequest } from "./keyed-request.ts";
import { renderAccepted } from "./replies.ts";

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
