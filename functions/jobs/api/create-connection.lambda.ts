import { acceptingDeps } from "../../accepting-deps.ts";
import { authenticate, userOfPath } from "../../access/authenticate.ts";
import * as parts from "../../compose.ts";
import { apiHandler } from "../../http/api-handler.ts";
import { requireJson } from "../../http/request.ts";
import { once } from "../../once.ts";
import { aboutJob } from "../../platform/log.ts";
import { acceptConnection } from "../use-cases/accept-connection.ts";
import type { Accepted } from "../use-cases/accept-job.ts";
import { takePost } from "../use-cases/take-post.ts";
import { parseConnectionRequest } from "./connection-request.ts";
import { keyedRequest } from "./keyed-request.ts";
import { renderAccepted } from "./replies.ts";

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
