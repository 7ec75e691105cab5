import { authenticate, connectionOfPath, userOfPath, writtenIds } from "../../access/authenticate.ts";
import { acceptingDeps, connect, jobReplyOptions } from "../../compose.ts";
import { apiHandler } from "../../http/api-handler.ts";
import { requireJson } from "../../http/request.ts";
import { aboutJob } from "../../platform/log.ts";
import { Refusal } from "../domain/refusal.ts";
import type { Accepted } from "../use-cases/accept-job.ts";
import { takePost } from "../use-cases/once-per-key.ts";
import { updateConnection } from "../use-cases/update-connection.ts";
import { renderAccepted } from "./replies.ts";
import { keyedRequest, parseConnectionRequest } from "./requests.ts";

const render = (accepted: Accepted) => renderAccepted(accepted, jobReplyOptions());

export const handler = apiHandler("update-connection", async (request) => {
  const userId = userOfPath(request, await authenticate(acceptingDeps(), request));
  const connectionId = connectionOfPath(request);
  if (connect() === "consent-ui") throw new Refusal("connects-in-consent-ui");
  requireJson(request);
  const { login } = parseConnectionRequest(request.jsonObject());
  return takePost(acceptingDeps(), userId, keyedRequest(request, userId), {
    claim: { userId, connectionId },
    run: async (jobId) =>
      render(
        await updateConnection(
          { ...acceptingDeps(), newId: () => aboutJob(jobId) },
          { userId, connectionId, login, written: writtenIds(request) },
        ),
      ),
    begun: (job) => render({ isNew: true, job }),
  });
});
