import { jobs, vault } from "../runtime/compose.ts";
import { once } from "../runtime/once.ts";
import { taskHandler } from "../runtime/task-handler.ts";
import { giveUp } from "../use-cases/give-up.ts";
import { giveUpInput, jobOutput } from "../wire/task-io.ts";

const deps = once(() => ({ jobs: jobs(), vault: vault() }));

export const handler = taskHandler("give-up", giveUpInput, jobOutput, async ({ jobId, failure }) => {
  await giveUp(deps(), { jobId, failure });
  return { jobId };
});
