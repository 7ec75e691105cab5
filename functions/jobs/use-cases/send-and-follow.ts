import { withoutEcho } from "../domain/redaction.ts";
import { type FollowDeps, type Followed, followFound } from "./follow-job.ts";
import { sendAnswer } from "./send-answer.ts";

/** Sends the answer that was taken, and follows the job for a slice. Throws as {@link sendAnswer} does. */
export async function sendAndFollow(deps: FollowDeps, input: { jobId: string }): Promise<Followed> {
  const run = { ...deps, upstream: withoutEcho(deps.upstream) };
  return followFound(run, await sendAnswer(run, input));
}
