import { followDeps } from "../runtime/follow-deps.ts";
import { once } from "../runtime/once.ts";
import { taskHandler } from "../runtime/task-handler.ts";
import { openAndFollow } from "../use-cases/open-and-follow.ts";
import { followOutput, jobInput } from "../wire/task-io.ts";

const deps = once(followDeps);

export const handler = taskHandler("open-connection", jobInput, followOutput, async ({ jobId }) => ({
  jobId,
  ...(await openAndFollow(deps(), { jobId })),
}));
