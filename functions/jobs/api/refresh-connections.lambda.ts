import { authenticate, userOfServer } from "../../access/authenticate.ts";
import { acceptingDeps, replyOptions } from "../../compose.ts";
import { apiHandler } from "../../http/api-handler.ts";
import { log } from "../../platform/log.ts";
import { ofJob } from "../../platform/log-fields.ts";
import { derivedId } from "../domain/idempotency.ts";
import { takePost } from "../use-cases/once-per-key.ts";
import { refreshConnections } from "../use-cases/refresh-connection.ts";
import { renderStubs } from "./replies.ts";
import { keyedRequest } from "./requests.ts";

/**
 * Logs one line for each job. The line of the request can name only one job; these lines connect the
 * request with all its jobs.
 */
function render(jobs: Parameters<typeof renderStubs>[0]) {
  for (const { id } of jobs) log("info", "job named", ofJob(id));
  return { status: 202, body: renderStubs(jobs, replyOptions()) };
}

export const handler = apiHandler("refresh-connections", async (request) => {
  const userId = userOfServer(request, await authenticate(acceptingDeps(), request));
  return takePost(acceptingDeps(), userId, keyedRequest(request, userId), {
    run: async (id) =>
      render(await refreshConnections(acceptingDeps(), { userId, idFor: (name) => derivedId(id, name) })),
    begun: (job) => render([job]),
  });
});
