import { followDeps } from "../../compose.ts";
import { sendAndFollow } from "../use-cases/send-answer.ts";
import { followOutput, jobInput, taskHandler } from "./handlers.ts";

export const handler = taskHandler("send-answer", jobInput, followOutput, async (input) => ({
  jobId: input.jobId,
  ...(await sendAndFollow(followDeps(), input)),
}));
