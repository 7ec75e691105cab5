import { apiHandler } from "../runtime/api-handler.ts";
import { authenticate, userOfPath } from "../runtime/authenticate.ts";
import { jobList, replyOptions, tokenVerifier } from "../runtime/compose.ts";
import { once } from "../runtime/once.ts";
import { listJobs } from "../use-cases/list-jobs.ts";
import { renderJobList } from "../wire/job-list-rendering.ts";
import { parseListRequest } from "../wire/list-request.ts";

const deps = once(() => ({ jobList: jobList(), tokenVerifier: tokenVerifier() }));

export const handler = apiHandler("list-jobs", async (request) => {
  const userId = userOfPath(request, await authenticate(deps(), request));
  const page = await listJobs(deps(), { userId, ...parseListRequest(request.query) });
  const query = { filter: request.query("filter"), limit: request.query("limit") };
  return { status: 200, body: renderJobList(page, userId, query, replyOptions()) };
});
