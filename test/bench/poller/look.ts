import * as z from "zod/mini";
import { answerWithinMs } from "../../../functions/domain/challenge-deadline.ts";
import { showChallenge } from "../../../functions/domain/challenge-state.ts";
import { isFinished, type Job } from "../../../functions/domain/job.ts";
import { followDeps } from "../../../functions/runtime/follow-deps.ts";
import { once } from "../../../functions/runtime/once.ts";
import { taskHandler } from "../../../functions/runtime/task-handler.ts";
import { findJob } from "../../../functions/use-cases/change-job.ts";
import { destroyUnneeded } from "../../../functions/use-cases/destroy-unneeded.ts";
import { lookAtJob } from "../../../functions/use-cases/look-at-job.ts";
import { sendAnswer } from "../../../functions/use-cases/send-answer.ts";
import { jobInput } from "../../../functions/wire/task-io.ts";

const deps = once(followDeps);
const output = z.object({ jobId: z.string(), isOver: z.boolean() });

/** One round: a look at upstream's job, or into the table for an answer. */
export const handler = taskHandler("follow-job", jobInput, output, async ({ jobId }) => {
  const job = await findJob(deps(), jobId);
  const after =
    job.phase === "following"
      ? await showIfAsked(await lookAtJob(deps(), job))
      : await sendAnswer(deps(), { jobId });
  if (isFinished(after)) await destroyUnneeded(deps(), after);
  return { jobId, isOver: isFinished(after) };
});

/** Nobody sleeps until the answer comes, so there is no token to wake anybody. */
async function showIfAsked(job: Job): Promise<Job> {
  if (job.phase !== "challenged") return job;
  const shown = showChallenge(job, "", deps().clock.after(answerWithinMs(job.challenge?.expiryMs ?? 0)));
  if (shown === undefined) return job;
  return deps().jobs.record(job, { ...shown, changes: { ...shown.changes, sealedTaskToken: undefined } });
}
