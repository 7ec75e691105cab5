import { followDeps } from "../runtime/follow-deps.ts";
import { once } from "../runtime/once.ts";
import { taskHandler } from "../runtime/task-handler.ts";
import { sendAndFollow } from "../use-cases/send-and-follow.ts";
import { followOutput, jobInput } from "../wire/task-io.ts";

const deps = once(followDeps);

export const handler = taskHandler("send-answer", jobInput, followOutput, async ({ jobId }) => ({
  jobId,
  ...(await sendAndFollow(deps(), { jobId })),
}));
