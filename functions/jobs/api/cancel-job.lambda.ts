import { authenticateToAct, jobOfPath } from "../../access/authenticate.ts";
import { endDeps, executions, jobReplyOptions, once, tokenVerifier } from "../../compose.ts";
import { apiHandler } from "../../http/api-handler.ts";
import { cancelJob } from "../use-cases/cancel-job.ts";
import { renderJobStub } from "./replies.ts";

const deps = once(() => ({
  ...endDeps(),
  executions: executions(),
  tokenVerifier: tokenVerifier(),
}));

export const handler = apiHandler("cancel-job", async (request) => {
  const caller = await authenticateToAct(deps(), request);
  const job = await cancelJob(deps(), { jobId: jobOfPath(request), caller });
  return { status: 202, body: renderJobStub(job, jobReplyOptions()) };
});
