import { apiHandler } from "../runtime/api-handler.ts";
import { refuseRoute } from "../runtime/refuse-route.ts";
import { ROUTE_WORDINGS } from "../wire/route-wordings.ts";

/** Everything that no other route takes, in our error shape. */
export const handler = apiHandler("refuse", refuseRoute, ROUTE_WORDINGS);
