import { authenticate, userOfServer } from "../../access/authenticate.ts";
import { countUserRequest } from "../../access/rate-limit.ts";
import { adoptDeps, erasures, jobReplyOptions, once, requestCounts, tokenVerifier } from "../../compose.ts";
import { apiHandler } from "../../http/api-handler.ts";
import { requireJson } from "../../http/request.ts";
import { adoptJobs } from "../use-cases/adopt-jobs.ts";
import { parseAdoptRequest } from "./requests.ts";
import { stubsReply } from "./stubs-reply.ts";

const deps = once(() => ({
  ...adoptDeps(),
  erasures: erasures(),
  requestCounts: requestCounts(),
  tokenVerifier: tokenVerifier(),
}));

export const handler = apiHandler("adopt-jobs", async (request) => {
  const userId = userOfServer(request, await authenticate(deps(), request));
  requireJson(request);
  const upstreamJobIds = parseAdoptRequest(request.jsonObject());
  await countUserRequest(deps(), userId);
  return stubsReply(await adoptJobs(deps(), { userId, upstreamJobIds }), jobReplyOptions());
});
