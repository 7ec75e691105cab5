import { followDeps } from "../../follow-deps.ts";
import { once } from "../../once.ts";
import { followJob } from "../use-cases/follow-job.ts";
import { taskHandler } from "./task-handler.ts";
import { followOutput, jobInput } from "./task-io.ts";

const deps = once(followDeps);

export const handler = taskHandler("follow-job", jobInput, followOutput, async ({ jobId }) => ({
  jobId,
  ...(await followJob(deps(), { jobId })),
}));
