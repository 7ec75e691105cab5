import { clock, jobs, once, sealer, waker } from "../../compose.ts";
import { askForAnswer } from "../use-cases/ask-for-answer.ts";
import { askInput, jobOutput, taskHandler } from "./handlers.ts";

const deps = once(() => ({ clock: clock(), jobs: jobs(), sealer: sealer(), waker: waker() }));

export const handler = taskHandler("ask-for-answer", askInput, jobOutput, async (input) => {
  await askForAnswer(deps(), input);
  return { jobId: input.jobId };
});
