import { followDeps } from "../../follow-deps.ts";
import { once } from "../../once.ts";
import { sendAndFollow } from "../use-cases/send-and-follow.ts";
import { taskHandler } from "./task-handler.ts";
import { followOutput, jobInput } from "./task-io.ts";

const deps = once(followDeps);

export const handler = taskHandler("send-answer", jobInput, followOutput, async ({ jobId }) => ({
  jobId,
  ...(await sendAndFollow(deps(), { jobId })),
}));
