import { clock, jobs, sealer, waker } from "../runtime/compose.ts";
import { once } from "../runtime/once.ts";
import { taskHandler } from "../runtime/task-handler.ts";
import { askForAnswer } from "../use-cases/ask-for-answer.ts";
import { askInput, jobOutput } from "../wire/task-io.ts";

const deps = once(() => ({ clock: clock(), jobs: jobs(), sealer: sealer(), waker: waker() }));

export const handler = taskHandler("ask-for-answer", askInput, jobOutput, async ({ jobId, taskToken }) => {
  await askForAnswer(deps(), { jobId, taskToken });
  return { jobId };
});
