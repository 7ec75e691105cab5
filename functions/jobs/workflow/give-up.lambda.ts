import { jobs, vault } from "../../compose.ts";
import { once } from "../../once.ts";
import { giveUp } from "../use-cases/give-up.ts";
import { taskHandler } from "./task-handler.ts";
import { giveUpInput, jobOutput } from "./task-io.ts";

const deps = once(() => ({ jobs: jobs(), vault: vault() }));

export const handler = taskHandler("give-up", giveUpInput, jobOutput, async ({ jobId, failure }) => {
  await giveUp(deps(), { jobId, failure });
  return { jobId };
});
