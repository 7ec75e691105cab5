import { followDeps } from "../../compose.ts";
import { followJob } from "../use-cases/follow-job.ts";
import { followOutput, jobInput, taskHandler } from "./handlers.ts";

export const handler = taskHandler("follow-job", jobInput, followOutput, async (input) => ({
  jobId: input.jobId,
  ...(await followJob(followDeps(), input)),
}));
