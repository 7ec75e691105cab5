import { authenticate, jobOfPath } from "../../access/authenticate.ts";
import {
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
import { answerChallenge } from "../use-cases/answer-challenge.ts";
import { renderJobStub } from "./replies.ts";
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
  const job = await answerChallenge(deps(), { jobId, caller, answers });
  return { status: 202, body: renderJobStub(job, replyOptions()) };
});
