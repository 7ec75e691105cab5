import { authenticateToAct, jobOfPath } from "../../access/authenticate.ts";
import {
  clock,
  erasures,
  executions,
  jobReplyOptions,
  jobs,
  once,
  requestCounts,
  tokenVerifier,
} from "../../compose.ts";
import { apiHandler } from "../../http/api-handler.ts";
import { resumeJob } from "../use-cases/resume-job.ts";
import { renderJobStub } from "./replies.ts";

const deps = once(() => ({
  clock: clock(),
  jobs: jobs(),
  requestCounts: requestCounts(),
  erasures: erasures(),
  executions: executions(),
  tokenVerifier: tokenVerifier(),
}));

export const handler = apiHandler("resume-job", async (request) => {
  const caller = await authenticateToAct(deps(), request);
  const job = await resumeJob(deps(), { jobId: jobOfPath(request), caller });
  return { status: 202, body: renderJobStub(job, jobReplyOptions()) };
});
