import { authenticate, jobOfPath } from "../../access/authenticate.ts";
import { clock, jobReplyOptions, jobStore, newId, once, tokenVerifier, waiterSlots } from "../../compose.ts";
import { apiHandler } from "../../http/api-handler.ts";
import { isKnown, tagged, unchanged, whole } from "../../http/etag.ts";
import type { Job } from "../domain/job.ts";
import { RETRY_AFTER_SECONDS } from "../domain/waiting.ts";
import { awaitChange } from "../use-cases/await-change.ts";
import { renderJob } from "./replies.ts";
import { parseChangesRequest } from "./requests.ts";

const deps = once(() => ({
  newId,
  clock: clock(),
  jobs: jobStore(),
  waiterSlots: waiterSlots(),
  tokenVerifier: tokenVerifier(),
}));

export const handler = apiHandler("job-changes", async (request) => {
  const begunAt = clock().now();
  const caller = await authenticate(deps(), request);
  const jobId = jobOfPath(request);
  const { waitMs, isWhileRunning } = parseChangesRequest(request.query);
  // The wait includes the time that the function has used: the gateway counts it too.
  const until = clock().after(waitMs + clock().msUntil(begunAt));
  const rendered = (job: Job) => tagged(renderJob(job, jobReplyOptions()));
  const { job, isNew, isEarly } = await awaitChange(
    deps(),
    { jobId, caller, until, isWhileRunning },
    { stateOf: (job) => rendered(job).etag, isKnown: (etag) => isKnown(request, etag) },
  );
  const { status, headers, raw } = isNew ? whole(rendered(job)) : unchanged(rendered(job).etag);
  const retryAfter = isEarly ? { "retry-after": String(RETRY_AFTER_SECONDS) } : {};
  return { status, headers: { ...headers, ...retryAfter }, ...(raw && { raw }) };
});
