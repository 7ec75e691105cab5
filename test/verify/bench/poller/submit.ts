import { followDeps, once } from "../../../../functions/compose.ts";
import { openConnection } from "../../../../functions/jobs/use-cases/open-connection.ts";
import { jobInput, jobOutput, taskHandler } from "../../../../functions/jobs/workflow/handlers.ts";

const deps = once(followDeps);

export const handler = taskHandler("open-connection", jobInput, jobOutput, async ({ jobId }) => {
  await openConnection(deps(), { jobId });
  return { jobId };
});
