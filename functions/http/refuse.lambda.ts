import { apiHandler } from "./api-handler.ts";
import { refuseRoute } from "./refuse-route.ts";
import { ROUTE_WORDINGS } from "./route-wordings.ts";

/** Everything that no other route takes, in our error shape. */
export const handler = apiHandler("refuse", refuseRoute, ROUTE_WORDINGS);
