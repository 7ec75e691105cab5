import { followDeps } from "../../follow-deps.ts";
import { once } from "../../once.ts";
import { openAndFollow } from "../use-cases/open-and-follow.ts";
import { taskHandler } from "./task-handler.ts";
import { followOutput, jobInput } from "./task-io.ts";

const deps = once(followDeps);

export const handler = taskHandler("open-connection", jobInput, followOutput, async ({ jobId }) => ({
  jobId,
  ...(await openAndFollow(deps(), { jobId })),
}));
