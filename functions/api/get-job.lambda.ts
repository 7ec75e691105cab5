import { apiHandler } from "../runtime/api-handler.ts";
import { authenticate, jobOfPath } from "../runtime/authenticate.ts";
import { jobRows, replyOptions, tokenVerifier } from "../runtime/compose.ts";
import { once } from "../runtime/once.ts";
import { readJob } from "../use-cases/read-job.ts";
import { renderJob } from "../wire/job-rendering.ts";
import { JOB_WORDINGS } from "../wire/job-wordings.ts";

const deps = once(() => ({ jobs: jobRows(), tokenVerifier: tokenVerifier() }));

export const handler = apiHandler(
  "get-job",
  async (request) => {
    const caller = await authenticate(deps(), request);
    const job = await readJob(deps(), { jobId: jobOfPath(request), caller });
    return { status: 200, body: renderJob(job, replyOptions()) };
  },
  JOB_WORDINGS,
);
