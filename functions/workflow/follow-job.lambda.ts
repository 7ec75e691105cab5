import { followDeps } from "../runtime/follow-deps.ts";
import { once } from "../runtime/once.ts";
import { taskHandler } from "../runtime/task-handler.ts";
import { followJob } from "../use-cases/follow-job.ts";
import { followOutput, jobInput } from "../wire/task-io.ts";

const deps = once(followDeps);

export const handler = taskHandler("follow-job", jobInput, followOutput, async ({ jobId }) => ({
  jobId,
  ...(await followJob(deps(), { jobId })),
}));
