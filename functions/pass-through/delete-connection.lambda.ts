import { connectionOfPath } from "../access/authenticate.ts";
import { countUserRequest } from "../access/rate-limit.ts";
import { claims, endDeps, executions, jobList, once, passDeps, upstream } from "../compose.ts";
import { apiHandler } from "../http/api-handler.ts";
import { byRoute } from "../http/by-route.ts";
import { cancelJobOfConnection } from "../jobs/use-cases/cancel-job.ts";
import { endJobsOfGoneConnections } from "../jobs/use-cases/end-gone-connections.ts";
import { checkCaller, passAndSettle, replyWith, requirePublished } from "./pass.ts";
import { passedCall } from "./passed-call.ts";
import { PASSED_ROUTES } from "./routes.ts";

const deps = once(() => ({
  ...passDeps(),
  ...endDeps(),
  executions: executions(),
  claims: claims(),
  jobList: jobList(),
  upstream: upstream(),
}));

const CONNECTION = PASSED_ROUTES["delete-connection"];
const CONSENT = PASSED_ROUTES["delete-consent"];

const deleteConnection = apiHandler("delete-connection", async (request) => {
  const userId = await checkCaller(deps(), CONNECTION, request);
  const on = { userId, connectionId: connectionOfPath(request) };
  const call = passedCall(CONNECTION, request);
  await countUserRequest(deps(), userId);
  const cancel = () => cancelJobOfConnection(deps(), on);
  return replyWith(await passAndSettle(deps(), call, cancel), request);
});

/** The end of a consent also ends its connections. */
const deleteConsent = apiHandler("delete-consent", async (request) => {
  requirePublished(CONSENT, deps().upstreamVersion);
  const userId = await checkCaller(deps(), CONSENT, request);
  const call = passedCall(CONSENT, request);
  await countUserRequest(deps(), userId);
  const endJobs = () => endJobsOfGoneConnections(deps(), userId);
  return replyWith(await passAndSettle(deps(), call, endJobs), request);
});

export const handler = byRoute({
  "delete-connection": deleteConnection,
  "delete-consent": deleteConsent,
});
