import { followDeps } from "../../../functions/runtime/follow-deps.ts";
import { once } from "../../../functions/runtime/once.ts";
import { taskHandler } from "../../../functions/runtime/task-handler.ts";
import { openConnection } from "../../../functions/use-cases/open-connection.ts";
import { jobInput, jobOutput } from "../../../functions/wire/task-io.ts";

const deps = once(followDeps);

export const handler = taskHandler("open-connection", jobInput, jobOutput, async ({ jobId }) => {
  await openConnection(deps(), { jobId });
  return { jobId };
});
