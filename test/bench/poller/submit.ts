import { followDeps } from "../../../functions/follow-deps.ts";
import { openConnection } from "../../../functions/jobs/use-cases/open-connection.ts";
import { taskHandler } from "../../../functions/jobs/workflow/task-handler.ts";
import { jobInput, jobOutput } from "../../../functions/jobs/workflow/task-io.ts";
import { once } from "../../../functions/once.ts";

const deps = once(followDeps);

export const handler = taskHandler("open-connection", jobInput, jobOutput, async ({ jobId }) => {
  await openConnection(deps(), { jobId });
  return { jobId };
});
