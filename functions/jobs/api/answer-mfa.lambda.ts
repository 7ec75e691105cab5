import { authenticate, jobOfPath } from "../../access/authenticate.ts";
import {
  answerWaitMs,
  clock,
  erasures,
  jobReplyOptions,
  jobs,
  newId,
  once,
  requestCounts,
  sealer,
  tokenVerifier,
  vault,
  waiterSlots,
  waker,
} from "../../compose.ts";
import { apiHandler } from "../../http/api-handler.ts";
import { tagged, whole } from "../../http/etag.ts";
import { answerAndWait } from "../use-cases/answer-challenge.ts";
import { renderJob } from "./replies.ts";
import { parseMfaRequest } from "./requests.ts";

const deps = once(() => ({
  newId,
  clock: clock(),
  jobs: jobs(),
  vault: vault(),
  sealer: sealer(),
  waker: waker(),
  waiterSlots: waiterSlots(),
  requestCounts: requestCounts(),
  erasures: erasures(),
  tokenVerifier: tokenVerifier(),
}));

export const handler = apiHandler("answer-mfa", async (request) => {
  const caller = await authenticate(deps(), request);
  const jobId = jobOfPath(request);
  const answers = parseMfaRequest(request.jsonObject());
  const job = await answerAndWait(deps(), { jobId, caller, answers }, answerWaitMs());
  // With its ETag, so that the client can wait for what comes after this state.
  return whole(tagged(renderJob(job, jobReplyOptions())), 202);
});
