import type { Login } from "../domain/login.ts";
import type { Ports } from "../domain/ports.ts";
import { type AcceptDeps, type Accepted, acceptJob } from "./accept-job.ts";
import { checkLogin } from "./check-login.ts";

export interface AcceptConnection {
  userId: string;
  institutionId: string | undefined;
  login: Login;
}

/** Starts a job for a login, or gives the one that is queued or in progress for the same user and institution. */
export async function acceptConnection(
  deps: AcceptDeps & Pick<Ports, "institutions">,
  { userId, institutionId, login }: AcceptConnection,
): Promise<Accepted> {
  const institution = await checkLogin(deps, { institutionId, login });
  return acceptJob(deps, { kind: "create", userId, institution, login });
}
