import { clock, jobs, upstream, vault } from "../runtime/compose.ts";
import { once } from "../runtime/once.ts";
import { taskHandler } from "../runtime/task-handler.ts";
import { openConnection } from "../use-cases/open-connection.ts";
import { jobInput, jobOutput } from "../wire/task-io.ts";

const deps = once(() => ({ clock: clock(), jobs: jobs(), vault: vault(), upstream: upstream() }));

export const handler = taskHandler("open-connection", jobInput, jobOutput, async ({ jobId }) => {
  await openConnection(deps(), { jobId });
  return { jobId };
});
