import * as z from "zod/mini";
import type { HttpRequest } from "../http/request.ts";
import { connectionIdSchema, jobIdSchema, userIdSchema, type WrittenIds } from "../jobs/domain/ids.ts";
import { Refusal } from "../jobs/domain/refusal.ts";
import { reachesJobsOf, type TokenClaims } from "./caller.ts";
import type { AccessPorts } from "./ports.ts";

const BEARER = /^bearer +(\S+)$/i;

/** Returns the claims of the caller's token. Throws a `Refusal` if the token is missing, expired or not valid. */
export async function authenticate(
  deps: Pick<AccessPorts, "tokenVerifier">,
  request: HttpRequest,
): Promise<TokenClaims> {
  const token = BEARER.exec(request.header("authorization") ?? "")?.[1];
  if (token === undefined) throw new Refusal("token-not-valid");
  return deps.tokenVerifier.verify(token);
}

/**
 * Returns the user in the path. Throws a `Refusal` if the id is malformed, if the token is bound to another user, or
 * if a client token is bound to no user.
 */
export function userOfPath(request: HttpRequest, caller: TokenClaims): string {
  const userId = z.safeParse(userIdSchema, request.parameter("userId"));
  if (!userId.success) throw new Refusal({ reason: "field-not-valid", field: "userId" });
  requireBound(caller);
  if (!reachesJobsOf(caller, userId.data)) throw new Refusal("token-of-another-user");
  return userId.data;
}

/**
 * As {@link authenticate}, for requests that do more to a job than read or answer it. Throws a `Refusal` for a client
 * token that is bound to no user.
 */
export async function authenticateToAct(
  deps: Pick<AccessPorts, "tokenVerifier">,
  request: HttpRequest,
): Promise<TokenClaims> {
  const caller = await authenticate(deps, request);
  requireBound(caller);
  return caller;
}

/** As {@link authenticate}, for requests about all users. Throws a `Refusal` for client tokens. */
export async function authenticateServer(
  deps: Pick<AccessPorts, "tokenVerifier">,
  request: HttpRequest,
): Promise<void> {
  const { scope } = await authenticate(deps, request);
  if (scope !== "SERVER_ACCESS") throw new Refusal("scope-not-enough");
}

function requireBound({ scope, userId }: TokenClaims): void {
  if (scope === "CLIENT_ACCESS" && userId === undefined) throw new Refusal("scope-not-enough");
}

/** As {@link userOfPath}, for requests that only a server may send. Throws a `Refusal` for client tokens. */
export function userOfServer(request: HttpRequest, caller: TokenClaims): string {
  const userId = userOfPath(request, caller);
  if (caller.scope !== "SERVER_ACCESS") throw new Refusal("scope-not-enough");
  return userId;
}

/** Returns the ids in the path with their capitals. Call it after the ids were checked. */
export function writtenIds(request: HttpRequest): WrittenIds {
  return {
    userId: request.parameter("userId"),
    connectionId: request.parameter("connectionId") || undefined,
  };
}

/** Returns the connection in the path. A malformed id causes the same `Refusal` as a missing connection. */
export function connectionOfPath(request: HttpRequest): string {
  const connectionId = z.safeParse(connectionIdSchema, request.parameter("connectionId"));
  if (!connectionId.success) throw new Refusal("connection-not-found");
  return connectionId.data;
}

/** Returns the job in the path. A malformed id causes the same `Refusal` as a missing job. */
export function jobOfPath(request: HttpRequest): string {
  const jobId = z.safeParse(jobIdSchema, request.parameter("jobId"));
  if (!jobId.success) throw new Refusal("job-not-found");
  return jobId.data;
}
