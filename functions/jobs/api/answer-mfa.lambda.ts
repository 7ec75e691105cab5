import { authenticate, jobOfPath } from "../../access/authenticate.ts";
import * as parts from "../../compose.ts";
import { apiHandler } from "../../http/api-handler.ts";
import { JOB_WORDINGS } from "../../http/job-wordings.ts";
import { once } from "../../once.ts";
import { answerChallenge } from "../use-cases/answer-challenge.ts";
import { parseMfaRequest } from "./mfa-request.ts";
import { renderJobStub } from "./replies.ts";

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
