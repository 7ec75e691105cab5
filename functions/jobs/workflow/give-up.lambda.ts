import { jobs, once, vault } from "../../compose.ts";
import { giveUp } from "../use-cases/end-job.ts";
import { giveUpInput, jobOutput, taskHandler } from "./handlers.ts";

const deps = once(() => ({ jobs: jobs(), vault: vault() }));

export const handler = taskHandler("give-up", giveUpInput, jobOutput, async ({ jobId, failure }) => {
  await giveUp(deps(), { jobId, failure });
  return { jobId };
});
