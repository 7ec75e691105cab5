import { CREDENTIALS_REFUSED } from "../domain/failures.ts";
import type { Job } from "../domain/job.ts";
import type { Ports } from "../domain/ports.ts";
import { errorCodeOf, type Step, VERIFY_CREDENTIALS } from "../domain/steps.ts";

/**
 * Notes what the bank has said of the login, before the job's row says so: whoever dies between the two does this again, and
 * a job counts once.
 */
export async function noteVerdict(
  deps: Pick<Ports, "refusedLogins">,
  job: Job,
  after: readonly Step[],
): Promise<void> {
  const { userId, institutionId } = job;
  const [was, is] = [job.steps, after].map((steps) =>
    steps.find(({ title }) => title === VERIFY_CREDENTIALS),
  );
  if (is === undefined || was?.status === is.status) return;
  if (is.status === "success") await deps.refusedLogins.clear(userId, institutionId);
  if (is.status === "failed" && errorCodeOf(is) === CREDENTIALS_REFUSED) {
    await deps.refusedLogins.note(userId, institutionId, job.id);
  }
}
