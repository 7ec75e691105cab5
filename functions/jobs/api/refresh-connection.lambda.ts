import { authenticate, connectionOfPath, userOfPath, writtenIds } from "../../access/authenticate.ts";
import { acceptingDeps, jobReplyOptions } from "../../compose.ts";
import { apiHandler } from "../../http/api-handler.ts";
import { aboutJob } from "../../platform/log.ts";
import type { Accepted } from "../use-cases/accept-job.ts";
import { takePost } from "../use-cases/once-per-key.ts";
import { refreshConnection } from "../use-cases/refresh-connection.ts";
import { renderAccepted } from "./replies.ts";
import { keyedRequest } from "./requests.ts";

const render = (accepted: Accepted) => renderAccepted(accepted, jobReplyOptions());

export const handler = apiHandler("refresh-connection", async (request) => {
  const userId = userOfPath(request, await authenticate(acceptingDeps(), request));
  const connectionId = connectionOfPath(request);
  return takePost(acceptingDeps(), userId, keyedRequest(request, userId), {
    claim: { userId, connectionId },
    run: async (jobId) =>
      render(
        await refreshConnection(
          { ...acceptingDeps(), newId: () => aboutJob(jobId) },
          { userId, connectionId, written: writtenIds(request) },
        ),
      ),
    begun: (job) => render({ isNew: true, job }),
  });
});
