import { apiHandler } from "../runtime/api-handler.ts";
import { authenticate, jobOfPath } from "../runtime/authenticate.ts";
import * as parts from "../runtime/compose.ts";
import { once } from "../runtime/once.ts";
import { answerChallenge } from "../use-cases/answer-challenge.ts";
import { renderJobStub } from "../wire/job-rendering.ts";
import { JOB_WORDINGS } from "../wire/job-wordings.ts";
import { parseMfaRequest } from "../wire/mfa-request.ts";

const deps = once(() => ({
  clock: parts.clock(),
  jobs: parts.jobs(),
  vault: parts.vault(),
  sealer: parts.sealer(),
  waker: parts.waker(),
  requestCounts: parts.requestCounts(),
  tokenVerifier: parts.tokenVerifier(),
}));

export const handler = apiHandler(
  "answer-mfa",
  async (request) => {
    const caller = await authenticate(deps(), request);
    const jobId = jobOfPath(request);
    const answers = parseMfaRequest(request.jsonObject());
    const job = await answerChallenge(deps(), { jobId, caller, answers });
    return { status: 202, body: renderJobStub(job, parts.replyOptions()) };
  },
  JOB_WORDINGS,
);
