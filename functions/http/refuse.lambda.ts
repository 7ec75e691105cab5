import { Refusal } from "../jobs/domain/refusal.ts";
import { methodsOf } from "../routes.ts";
import { apiHandler } from "./api-handler.ts";
import type { HttpRequest } from "./request.ts";

/** A known path with another method, or no path of ours. */
export async function refuseRoute({ path }: HttpRequest): Promise<never> {
  const allow = methodsOf(path);
  if (allow.length === 0) throw new Refusal("route-not-found");
  throw new Refusal({ reason: "method-not-allowed", allow });
}

/** Everything that no other route takes, in our error shape. */
export const handler = apiHandler("refuse", refuseRoute);
