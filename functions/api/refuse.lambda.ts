import { apiHandler } from "../runtime/api-handler.ts";
import { refuseRoute } from "../runtime/refuse-route.ts";

/** Everything that no other route takes, in our error shape. */
export const handler = apiHandler("refuse", refuseRoute);
