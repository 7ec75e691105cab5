import { authenticateToAct, jobOfPath } from "../../access/authenticate.ts";
import * as parts from "../../compose.ts";
import { apiHandler } from "../../http/api-handler.ts";
import { JOB_WORDINGS } from "../../http/job-wordings.ts";
import { once } from "../../once.ts";
import { cancelJob } from "../use-cases/cancel-job.ts";
import { renderJobStub } from "./replies.ts";

const deps = once(() => ({
  jobs: parts.jobs(),
  vault: parts.vault(),
  executions: parts.executions(),
  tokenVerifier: parts.tokenVerifier(),
}));

export const handler = apiHandler(
  "cancel-job",
  async (request) => {
    const caller = await authenticateToAct(deps(), request);
    const job = await cancelJob(deps(), { jobId: jobOfPath(request), caller });
    return { status: 202, body: renderJobStub(job, parts.replyOptions()) };
  },
  JOB_WORDINGS,
);
