import { acceptingDeps } from "../../accepting-deps.ts";
import { authenticate, userOfServer } from "../../access/authenticate.ts";
import * as parts from "../../compose.ts";
import { apiHandler } from "../../http/api-handler.ts";
import { once } from "../../once.ts";
import { log } from "../../platform/log.ts";
import { ofJob } from "../../platform/log-fields.ts";
import { derivedId } from "../domain/derived-id.ts";
import { refreshConnections } from "../use-cases/refresh-connections.ts";
import { takePost } from "../use-cases/take-post.ts";
import { keyedRequest } from "./keyed-request.ts";
import { renderStubs } from "./replies.ts";

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
