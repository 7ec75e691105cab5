import { Refusal } from "../jobs/domain/refusal.ts";
import { methodsOf } from "../routes.ts";
import { apiHandler } from "./api-handler.ts";
import type { HttpRequest } from "./request.ts";

/** Throws `method-not-allowed` for the path of a route, and `route-not-found` for every other path. */
export async function refuseRoute({ path }: HttpRequest): Promise<never> {
  const allow = methodsOf(path);
  if (allow.length === 0) throw new Refusal("route-not-found");
  throw new Refusal({ reason: "method-not-allowed", allow });
}

/**
 * Serves all requests that match no route. A preflight reaches this function only if web pages may call the API: API
 * Gateway adds the headers.
 */
export const handler = apiHandler("refuse", (request) =>
  request.routeKey.startsWith("OPTIONS ") ? Promise.resolve({ status: 204 }) : refuseRoute(request),
);
