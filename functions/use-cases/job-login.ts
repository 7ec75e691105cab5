import type { Job } from "../domain/job.ts";
import { blockedForMs } from "../domain/lockout.ts";
import { type Login, packLogin } from "../domain/login.ts";
import type { Clock, RefusedLoginNotes } from "../domain/ports.ts";
import { Refusal } from "../domain/refusal.ts";
import type { VaultDoor } from "../domain/secret-ports.ts";
import { loginOf } from "../domain/secret-refs.ts";

/** A day over the seven that the queue may last: the last net under what is destroyed on time. */
const KEPT_MS = 8 * 24 * 3600 * 1000;

export interface LoginDeps {
  clock: Clock;
  vault: VaultDoor;
  refusedLogins: Pick<RefusedLoginNotes, "find">;
}

/** What becomes of a login until its job is accepted. */
export interface JobLogin {
  /** Throws a `Refusal` as long as no login may be tried. */
  requireUnblocked(job: Job): Promise<void>;
  keep(job: Job): Promise<void>;
  destroy(job: Job): Promise<void>;
}

export function jobLogin(deps: LoginDeps, login: Login): JobLogin {
  return {
    /** Banks lock an account after a few wrong logins in a row: the next one is not even kept. */
    async requireUnblocked({ userId, institutionId }) {
      const noted = await deps.refusedLogins.find(userId, institutionId);
      const blockedMs = blockedForMs(noted, deps.clock.now());
      if (blockedMs === 0) return;
      throw new Refusal({
        reason: "too-many-refused-logins",
        retryAfterSeconds: Math.ceil(blockedMs / 1000),
      });
    },

    keep: (job) => deps.vault.keep(loginOf(job), packLogin(login), deps.clock.after(KEPT_MS)),

    destroy: (job) => deps.vault.destroy(loginOf(job)),
  };
}
