import { clock, jobs, sealer, waker } from "../../compose.ts";
import { once } from "../../once.ts";
import { askForAnswer } from "../use-cases/ask-for-answer.ts";
import { taskHandler } from "./task-handler.ts";
import { askInput, jobOutput } from "./task-io.ts";

const deps = once(() => ({ clock: clock(), jobs: jobs(), sealer: sealer(), waker: waker() }));

export const handler = taskHandler("ask-for-answer", askInput, jobOutput, async ({ jobId, taskToken }) => {
  await askForAnswer(deps(), { jobId, taskToken });
  return { jobId };
});
