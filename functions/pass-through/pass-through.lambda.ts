import { once, passDeps, publicDeps } from "../compose.ts";
import { apiHandler } from "../http/api-handler.ts";
import { Refusal } from "../jobs/domain/refusal.ts";
import { aboutRoute } from "../platform/log.ts";
import { pass } from "./pass.ts";
import { PASSED_ROUTES, passedRouteOf } from "./routes.ts";

const deps = once(() => ({ ...passDeps(), ...publicDeps() }));

/** Serves all routes that only pass. */
export const handler = apiHandler("pass-through", async (request) => {
  const name = passedRouteOf(request.routeKey);
  if (name === undefined) throw new Refusal("route-not-found");
  aboutRoute(name);
  return pass(deps(), PASSED_ROUTES[name], request);
});
