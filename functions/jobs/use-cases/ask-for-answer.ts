import { answerWithinMs, showChallenge } from "../domain/challenge.ts";
import type { Ports } from "../domain/ports.ts";
import { type Secret, taskTokenOf } from "../domain/secret.ts";
import { changeJob, findJob } from "./change-job.ts";

type Deps = Pick<Ports, "clock" | "jobs" | "sealer" | "waker">;

export interface AskForAnswer {
  jobId: string;
  taskToken: Secret;
}

/**
 * Shows the challenge to the user: challenge, deadline and the token that wakes the workflow, in one write. A job that
 * waits for no answer (any more) wakes the workflow at once.
 */
export async function askForAnswer(deps: Deps, { jobId, taskToken }: AskForAnswer): Promise<void> {
  const sealed = await deps.sealer.seal(taskTokenOf(await findJob(deps, jobId)), taskToken);
  const sealedTaskToken = Buffer.from(sealed).toString("base64");
  const job = await changeJob(deps, jobId, (current) => {
    const expiresAt = deps.clock.after(answerWithinMs(current.challenge?.expiryMs ?? 0));
    return showChallenge(current, sealedTaskToken, expiresAt);
  });
  if (job.phase !== "awaiting-answer") await deps.waker.wake(taskToken, job.challenge?.number ?? 0);
}
