import { endDeps } from "../../compose.ts";
import { giveUp } from "../use-cases/end-job.ts";
import { giveUpInput, jobOutput, taskHandler } from "./handlers.ts";

export const handler = taskHandler("give-up", giveUpInput, jobOutput, async (input) => {
  await giveUp(endDeps(), input);
  return { jobId: input.jobId };
});
