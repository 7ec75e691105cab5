import type { FollowDeps, Followed } from "./follow-job.ts";
import { followOrLater } from "./follow-or-later.ts";
import { sendAnswer } from "./send-answer.ts";

/** Sends the answer that was taken, and follows the job for a slice. Throws as {@link sendAnswer} does. */
export async function sendAndFollow(deps: FollowDeps, input: { jobId: string }): Promise<Followed> {
  return followOrLater(deps, await sendAnswer(deps, input));
}
