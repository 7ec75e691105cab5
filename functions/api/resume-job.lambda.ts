import { apiHandler } from "../runtime/api-handler.ts";
import { authenticateToAct, jobOfPath } from "../runtime/authenticate.ts";
import * as parts from "../runtime/compose.ts";
import { once } from "../runtime/once.ts";
import { resumeJob } from "../use-cases/resume-job.ts";
import { renderJobStub } from "../wire/job-rendering.ts";
import { JOB_WORDINGS } from "../wire/job-wordings.ts";

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
