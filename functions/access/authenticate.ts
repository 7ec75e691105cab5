import * as z from "zod/mini";
import type { HttpRequest } from "../http/request.ts";
import { CONNECTION_ID, jobIdSchema, userIdSchema } from "../jobs/domain/ids.ts";
import { Refusal } from "../jobs/domain/refusal.ts";
import { reachesJobsOf, type TokenClaims } from "./caller.ts";
import type { AccessPorts } from "./ports.ts";

const BEARER = /^bearer +(\S+)$/i;

/** Who calls. Throws a `Refusal` without a valid token. */
export async function authenticate(
  deps: Pick<AccessPorts, "tokenVerifier">,
  request: HttpRequest,
): Promise<TokenClaims> {
  const token = BEARER.exec(request.header("authorization") ?? "")?.[1];
  if (token === undefined) throw new Refusal("token-not-valid");
  return deps.tokenVerifier.verify(token);
}

/** The user of the path, whom the caller may act for. An unbound client token acts for nobody. */
export function userOfPath(request: HttpRequest, caller: TokenClaims): string {
  const userId = z.safeParse(userIdSchema, request.parameter("userId"));
  if (!userId.success) throw new Refusal({ reason: "field-not-valid", field: "userId" });
  requireBound(caller);
  if (!reachesJobsOf(caller, userId.data)) throw new Refusal("token-of-another-user");
  return userId.data;
}

/** Who calls, to do more to a job than to read or to answer it: an unbound client token may not. */
export async function authenticateToAct(
  deps: Pick<AccessPorts, "tokenVerifier">,
  request: HttpRequest,
): Promise<TokenClaims> {
  const caller = await authenticate(deps, request);
  requireBound(caller);
  return caller;
}

function requireBound({ scope, userId }: TokenClaims): void {
  if (scope === "CLIENT_ACCESS" && userId === undefined) throw new Refusal("scope-not-enough");
}

/** The user of the path, for calls that only a server may make. */
export function userOfServer(request: HttpRequest, caller: TokenClaims): string {
  const userId = userOfPath(request, caller);
  if (caller.scope !== "SERVER_ACCESS") throw new Refusal("scope-not-enough");
  return userId;
}

/** The connection of the path. What is no id of upstream's is as good as no connection. */
export function connectionOfPath(request: HttpRequest): string {
  const connectionId = request.parameter("connectionId");
  if (!CONNECTION_ID.test(connectionId)) throw new Refusal("connection-not-found");
  return connectionId;
}

/** The job of the path. What is no id of ours is as good as no job. */
export function jobOfPath(request: HttpRequest): string {
  const jobId = z.safeParse(jobIdSchema, request.parameter("jobId"));
  if (!jobId.success) throw new Refusal("job-not-found");
  return jobId.data;
}
