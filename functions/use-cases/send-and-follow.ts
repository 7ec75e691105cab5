import type { Ports } from "../domain/ports.ts";
import { type Followed, followJob } from "./follow-job.ts";
import { sendAnswer } from "./send-answer.ts";

type Deps = Pick<Ports, "clock" | "jobs" | "vault" | "upstream">;

/** Sends the answer that was taken, and follows the job for a slice. Throws as {@link sendAnswer} does. */
export async function sendAndFollow(deps: Deps, input: { jobId: string }): Promise<Followed> {
  await sendAnswer(deps, input);
  return followJob(deps, input);
}
