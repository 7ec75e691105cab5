import { acceptingDeps } from "../runtime/accepting-deps.ts";
import { apiHandler } from "../runtime/api-handler.ts";
import { authenticate, userOfServer } from "../runtime/authenticate.ts";
import * as parts from "../runtime/compose.ts";
import { derivedId } from "../runtime/derived-id.ts";
import { keyedRequest } from "../runtime/keyed-request.ts";
import { log } from "../runtime/log.ts";
import { ofJob } from "../runtime/log-fields.ts";
import { once } from "../runtime/once.ts";
import { refreshConnections } from "../use-cases/refresh-connections.ts";
import { takePost } from "../use-cases/take-post.ts";
import { renderStubs } from "../wire/job-rendering.ts";

const deps = once(() => ({ ...acceptingDeps(), connectionList: parts.connectionList() }));

/** Its line can name one job, and here are several: each has one of its own, by which to come from the request to the job. */
function render(jobs: Parameters<typeof renderStubs>[0]) {
  for (const { id } of jobs) log("info", "job named", ofJob(id));
  return { status: 202, body: renderStubs(jobs, parts.replyOptions()) };
}

export const handler = apiHandler("refresh-connections", async (request) => {
  const userId = userOfServer(request, await authenticate(deps(), request));
  return takePost(deps(), userId, keyedRequest(request, userId), {
    run: async (id) =>
      render(await refreshConnections(deps(), { userId, idFor: (name) => derivedId(id, name) })),
    begun: (job) => render([job]),
  });
});
