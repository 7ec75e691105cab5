import * as z from "zod/mini";
import { followDeps, once } from "../../../../functions/compose.ts";
import { answerWithinMs, showChallenge } from "../../../../functions/jobs/domain/challenge.ts";
import { isFinished, type Job } from "../../../../functions/jobs/domain/job.ts";
import { findJob } from "../../../../functions/jobs/use-cases/change-job.ts";
import { cleanUp } from "../../../../functions/jobs/use-cases/end-job.ts";
import { pollJob } from "../../../../functions/jobs/use-cases/follow-job.ts";
import { sendAnswer } from "../../../../functions/jobs/use-cases/send-answer.ts";
import { jobInput, taskHandler } from "../../../../functions/jobs/workflow/handlers.ts";

const deps = once(followDeps);
const output = z.object({ jobId: z.string(), isOver: z.boolean() });

/** One round: a look at upstream's job, or into the table for an answer. */
export const handler = taskHandler("follow-job", jobInput, output, async ({ jobId }) => {
  const job = await findJob(deps(), jobId);
  const after =
    job.phase === "following"
      ? await showIfAsked(await pollJob(deps(), job))
      : await sendAnswer(deps(), { jobId });
  if (isFinished(after)) await cleanUp(deps(), after);
  return { jobId, isOver: isFinished(after) };
});

/** Nobody sleeps until the answer comes, so there is no token to wake anybody. */
async function showIfAsked(job: Job): Promise<Job> {
  if (job.phase !== "challenged") return job;
  const shown = showChallenge(job, "", deps().clock.after(answerWithinMs(job.challenge?.expiryMs ?? 0)));
  if (shown === undefined) return job;
  return deps().jobs.record(job, { ...shown, changes: { ...shown.changes, sealedTaskToken: undefined } });
}
