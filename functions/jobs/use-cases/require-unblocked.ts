import type { Job } from "../domain/job.ts";
import { blockedForMs } from "../domain/lockout.ts";
import type { Clock, RefusedLoginNotes } from "../domain/ports.ts";
import { Refusal } from "../domain/refusal.ts";

export interface UnblockedDeps {
  clock: Clock;
  refusedLogins: Pick<RefusedLoginNotes, "find">;
}

/** Banks lock an account after a few wrong logins in a row: the next one is not even kept. */
export async function requireUnblocked(deps: UnblockedDeps, { userId, institutionId }: Job): Promise<void> {
  const noted = await deps.refusedLogins.find(userId, institutionId);
  const blockedMs = blockedForMs(noted, deps.clock.now());
  if (blockedMs === 0) return;
  throw new Refusal({
    reason: "too-many-refused-logins",
    retryAfterSeconds: Math.ceil(blockedMs / 1000),
  });
}
