import { authenticate, userOfPath, writtenIds } from "../../access/authenticate.ts";
import { acceptingDeps, connect, jobReplyOptions } from "../../compose.ts";
import { apiHandler } from "../../http/api-handler.ts";
import { requireJson } from "../../http/request.ts";
import { aboutJob } from "../../platform/log.ts";
import { Refusal } from "../domain/refusal.ts";
import type { Accepted } from "../use-cases/accept-job.ts";
import { acceptConnection } from "../use-cases/create-connection.ts";
import { takePost } from "../use-cases/once-per-key.ts";
import { renderAccepted } from "./replies.ts";
import { keyedRequest, parseConnectionRequest } from "./requests.ts";

const render = (accepted: Accepted) => renderAccepted(accepted, jobReplyOptions());

export const handler = apiHandler("create-connection", async (request) => {
  const userId = userOfPath(request, await authenticate(acceptingDeps(), request));
  if (connect() === "consent-ui") throw new Refusal("connects-in-consent-ui");
  requireJson(request);
  const asked = parseConnectionRequest(request.jsonObject());
  const { institutionId } = asked;
  return takePost(acceptingDeps(), userId, keyedRequest(request, userId), {
    ...(institutionId !== undefined && { claim: { userId, institutionId } }),
    run: async (jobId) =>
      render(
        await acceptConnection(
          { ...acceptingDeps(), newId: () => aboutJob(jobId) },
          { userId, ...asked, written: writtenIds(request) },
        ),
      ),
    begun: (job) => render({ isNew: true, job }),
  });
});
