import { type Job, kindOf } from "../domain/job.ts";
import { unpackLogin } from "../domain/login.ts";
import type { Ports } from "../domain/ports.ts";
import { loginOf } from "../domain/secret-refs.ts";

/** Posts what the job is for, and gives the id of upstream's job; nothing when the login that it needs is gone. */
export async function postAttempt(
  deps: Pick<Ports, "vault" | "upstream">,
  job: Job,
): Promise<string | undefined> {
  const { userId, institutionId, connectionId } = job;
  if (kindOf(job) === "refresh") {
    if (connectionId === undefined) return undefined;
    return (await deps.upstream.refreshConnection(userId, connectionId)).upstreamJobId;
  }
  const packed = await deps.vault.reveal(loginOf(job));
  if (packed === undefined) return undefined;
  const login = unpackLogin(packed);
  const opened =
    kindOf(job) === "update" && connectionId !== undefined
      ? await deps.upstream.updateConnection(userId, connectionId, login)
      : await deps.upstream.openConnection(userId, institutionId, login);
  return opened.upstreamJobId;
}
