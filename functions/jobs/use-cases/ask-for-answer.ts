import { answerWithinMs, showChallenge } from "../domain/challenge.ts";
import { isReplaced, type TaskInput } from "../domain/job.ts";
import type { Ports } from "../domain/ports.ts";
import { type Secret, taskTokenOf } from "../domain/secret.ts";
import { changeJob, findJob } from "./change-job.ts";

type Deps = Pick<Ports, "clock" | "jobs" | "sealer" | "waker">;

export interface AskForAnswer extends TaskInput {
  taskToken: Secret;
}

/**
 * Opens the challenge to the user: writes the challenge, its deadline and the task token in one write. Wakes the
 * workflow immediately if the job does not wait for an answer (any more).
 */
export async function askForAnswer(deps: Deps, { taskToken, ...input }: AskForAnswer): Promise<void> {
  const { jobId } = input;
  const found = await findJob(deps, jobId);
  if (isReplaced(found, input)) return deps.waker.wake(taskToken, found.challenge?.number ?? 0);
  const sealed = await deps.sealer.seal(taskTokenOf(found), taskToken);
  const sealedTaskToken = Buffer.from(sealed).toString("base64");
  const job = await changeJob(deps, jobId, (current) => {
    const expiresAt = deps.clock.after(answerWithinMs(current.challenge?.expiryMs ?? 0));
    return showChallenge(current, sealedTaskToken, expiresAt);
  });
  if (job.phase !== "awaiting-answer") await deps.waker.wake(taskToken, job.challenge?.number ?? 0);
}
