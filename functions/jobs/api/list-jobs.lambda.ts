import { authenticate, userOfPath, writtenIds } from "../../access/authenticate.ts";
import { jobList, jobReplyOptions, once, tokenVerifier } from "../../compose.ts";
import { apiHandler } from "../../http/api-handler.ts";
import { replyUnlessKnown, tagged } from "../../http/etag.ts";
import { listJobs } from "../use-cases/list-jobs.ts";
import { renderJobList } from "./replies.ts";
import { parseListRequest } from "./requests.ts";

const deps = once(() => ({ jobList: jobList(), tokenVerifier: tokenVerifier() }));

export const handler = apiHandler("list-jobs", async (request) => {
  const userId = userOfPath(request, await authenticate(deps(), request));
  const { query } = request;
  const { userId: writtenUserId } = writtenIds(request);
  const page = await listJobs(deps(), { userId, writtenUserId, ...parseListRequest(query) });
  const asked = { filter: query("filter"), limit: query("limit"), next: query("next") };
  return replyUnlessKnown(request, tagged(renderJobList(page, writtenUserId, asked, jobReplyOptions())));
});
