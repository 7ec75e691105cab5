import { connectionOfPath } from "../access/authenticate.ts";
import { countUserRequest } from "../access/rate-limit.ts";
import { claims, endDeps, executions, once, passDeps } from "../compose.ts";
import { apiHandler } from "../http/api-handler.ts";
import { cancelJobOfConnection } from "../jobs/use-cases/cancel-job.ts";
import { checkCaller, passAndSettle, replyWith } from "./pass.ts";
import { passedCall } from "./passed-call.ts";
import { PASSED_ROUTES } from "./routes.ts";

const deps = once(() => ({ ...passDeps(), ...endDeps(), executions: executions(), claims: claims() }));

const ROUTE = PASSED_ROUTES["delete-connection"];

export const handler = apiHandler("delete-connection", async (request) => {
  const userId = await checkCaller(deps(), ROUTE, request);
  const on = { userId, connectionId: connectionOfPath(request) };
  const call = passedCall(ROUTE, request);
  await countUserRequest(deps(), userId);
  const cancel = () => cancelJobOfConnection(deps(), on);
  return replyWith(await passAndSettle(deps(), call, cancel), request);
});
