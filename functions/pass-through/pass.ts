import { authenticate, userOfPath, userOfServer } from "../access/authenticate.ts";
import type { TokenClaims } from "../access/caller.ts";
import type { AccessPorts } from "../access/ports.ts";
import { countUserRequest, type UserCountDeps } from "../access/rate-limit.ts";
import type { Reply } from "../http/api-handler.ts";
import type { HttpRequest } from "../http/request.ts";
import { Refusal } from "../jobs/domain/refusal.ts";
import { fitBody } from "./passed-body.ts";
import { passedCall } from "./passed-call.ts";
import type { PassedCall, PassedReply, Passing } from "./passing.ts";
import { type PublicDeps, passPublicly } from "./public.ts";
import type { PassedRoute } from "./routes.ts";

export interface PassDeps extends UserCountDeps, Pick<AccessPorts, "tokenVerifier"> {
  passing: Passing;
  upstreamVersion: string;
}

/** Passes a request to the aggregator, after all checks of our own. */
export async function pass(
  deps: PassDeps & PublicDeps,
  route: PassedRoute,
  request: HttpRequest,
): Promise<Reply> {
  requirePublished(route, deps.upstreamVersion);
  if (route.callers === "everybody") {
    return replyWith(await passPublicly(deps, request.address, passedCall(route, request)), request);
  }
  const userId = await checkCaller(deps, route, request);
  const call = passedCall(route, request);
  if (route.method !== "GET" && userId !== "") await countUserRequest(deps, userId);
  return replyWith(await deps.passing.send(call), request);
}

/** Throws a `Refusal` if the deployment's version of the aggregator's API lacks the route, as for any unknown path. */
export function requirePublished({ versions }: PassedRoute, version: string): void {
  if (versions !== "all" && !version.startsWith(versions)) throw new Refusal("route-not-found");
}

/**
 * Checks the token, and that it may use the route for the user in the path. Throws a `Refusal` otherwise. Returns the user
 * in the path, or an empty string if the path has none.
 */
export async function checkCaller(
  deps: Pick<AccessPorts, "tokenVerifier">,
  route: PassedRoute,
  request: HttpRequest,
): Promise<string> {
  const caller = await authenticate(deps, request);
  return userIn(route, request, caller);
}

function userIn({ path, callers }: PassedRoute, request: HttpRequest, caller: TokenClaims): string {
  const isOfServers = callers === "server";
  if (path.includes("{userId}")) return (isOfServers ? userOfServer : userOfPath)(request, caller);
  if (isOfServers && caller.scope !== "SERVER_ACCESS") throw new Refusal("scope-not-enough");
  return "";
}

/**
 * Passes a deletion, then calls `settle` for what is ours. Also calls it if the aggregator has no such thing any more: an
 * earlier request may have died before it. `settle` may run twice.
 */
export async function passAndSettle(
  { passing }: Pick<PassDeps, "passing">,
  call: PassedCall,
  settle: () => Promise<void>,
): Promise<PassedReply> {
  let reply: PassedReply;
  try {
    reply = await passing.send(call);
  } catch (error) {
    if (error instanceof Refusal && error.problems[0].status === 404) await settle();
    throw error;
  }
  await settle();
  return reply;
}

export async function replyWith({ status, body }: PassedReply, request: HttpRequest): Promise<Reply> {
  if (status === 204) return { status };
  return { status, ...(await fitBody(body, request.header("accept-encoding"))) };
}
