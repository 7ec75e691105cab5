import { clock, jobs, upstream, vault } from "../runtime/compose.ts";
import { once } from "../runtime/once.ts";
import { taskHandler } from "../runtime/task-handler.ts";
import { sendAnswer } from "../use-cases/send-answer.ts";
import { jobInput, jobOutput } from "../wire/task-io.ts";

const deps = once(() => ({ clock: clock(), jobs: jobs(), vault: vault(), upstream: upstream() }));

export const handler = taskHandler("send-answer", jobInput, jobOutput, async ({ jobId }) => {
  await sendAnswer(deps(), { jobId });
  return { jobId };
});
