import { authenticate, jobOfPath } from "../../access/authenticate.ts";
import { jobReplyOptions, jobStore, once, tokenVerifier } from "../../compose.ts";
import { apiHandler } from "../../http/api-handler.ts";
import { replyUnlessKnown, tagged } from "../../http/etag.ts";
import { readJob } from "../use-cases/read-job.ts";
import { renderJob } from "./replies.ts";

const deps = once(() => ({ jobs: jobStore(), tokenVerifier: tokenVerifier() }));

export const handler = apiHandler("get-job", async (request) => {
  const caller = await authenticate(deps(), request);
  const job = await readJob(deps(), { jobId: jobOfPath(request), caller });
  return replyUnlessKnown(request, tagged(renderJob(job, jobReplyOptions())));
});
