import { authenticate, jobOfPath } from "../../access/authenticate.ts";
import {
  answerWaitMs,
  clock,
  jobs,
  once,
  replyOptions,
  requestCounts,
  sealer,
  tokenVerifier,
  vault,
  waker,
} from "../../compose.ts";
import { apiHandler } from "../../http/api-handler.ts";
import { answerAndWait } from "../use-cases/answer-challenge.ts";
import { renderJob } from "./replies.ts";
import { parseMfaRequest } from "./requests.ts";

const deps = once(() => ({
  clock: clock(),
  jobs: jobs(),
  vault: vault(),
  sealer: sealer(),
  waker: waker(),
  requestCounts: requestCounts(),
  tokenVerifier: tokenVerifier(),
}));

export const handler = apiHandler("answer-mfa", async (request) => {
  const caller = await authenticate(deps(), request);
  const jobId = jobOfPath(request);
  const answers = parseMfaRequest(request.jsonObject());
  const job = await answerAndWait(deps(), { jobId, caller, answers }, answerWaitMs());
  return { status: 202, body: renderJob(job, replyOptions()) };
});
