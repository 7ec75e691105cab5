import * as z from "zod/mini";
import { ROUTES, type RouteName } from "../routes.ts";
import type { ApiResult } from "./request.ts";

type ApiFunction = (event: unknown) => Promise<ApiResult>;

const routedEvent = z.object({ routeKey: z.string() });

/** Returns one function for several routes. API Gateway names the route of a request in its event. */
export function byRoute(functions: { readonly [name in RouteName]?: ApiFunction }): ApiFunction {
  const byKey = new Map<string, ApiFunction>();
  for (const [name, route] of Object.entries(ROUTES)) {
    const one = Object.entries(functions).find(([served]) => served === name)?.[1];
    if (one !== undefined) byKey.set(`${route.method} ${route.path}`, one);
  }
  return (event) => {
    const serve = byKey.get(z.parse(routedEvent, event).routeKey);
    if (serve === undefined) throw new Error("The function does not serve this route.");
    return serve(event);
  };
}
