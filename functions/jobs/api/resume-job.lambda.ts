import { authenticateToAct, jobOfPath } from "../../access/authenticate.ts";
import * as parts from "../../compose.ts";
import { apiHandler } from "../../http/api-handler.ts";
import { JOB_WORDINGS } from "../../http/job-wordings.ts";
import { once } from "../../once.ts";
import { resumeJob } from "../use-cases/resume-job.ts";
import { renderJobStub } from "./replies.ts";

const deps = once(() => ({
  clock: parts.clock(),
  jobs: parts.jobs(),
  requestCounts: parts.requestCounts(),
  executions: parts.executions(),
  tokenVerifier: parts.tokenVerifier(),
}));

export const handler = apiHandler(
  "resume-job",
  async (request) => {
    const caller = await authenticateToAct(deps(), request);
    const job = await resumeJob(deps(), { jobId: jobOfPath(request), caller });
    return { status: 202, body: renderJobStub(job, parts.replyOptions()) };
  },
  JOB_WORDINGS,
);
