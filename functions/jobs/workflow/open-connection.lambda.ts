import { followDeps } from "../../compose.ts";
import { openAndFollow } from "../use-cases/open-connection.ts";
import { followOutput, jobInput, taskHandler } from "./handlers.ts";

export const handler = taskHandler("open-connection", jobInput, followOutput, async (input) => ({
  jobId: input.jobId,
  ...(await openAndFollow(followDeps(), input)),
}));
