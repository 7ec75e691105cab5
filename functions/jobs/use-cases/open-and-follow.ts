import { InstitutionUnavailable } from "../domain/errors.ts";
import { isDue } from "../domain/queue.ts";
import { withoutEcho } from "../domain/redaction.ts";
import { findJob } from "./change-job.ts";
import { type FollowDeps, type Followed, followFound } from "./follow-job.ts";
import { openFound } from "./open-connection.ts";

/**
 * Makes one attempt to open the connection, and follows its job for a first slice. Throws as {@link openFound} does, and
 * `InstitutionUnavailable` when a further attempt was held: the workflow's Retrier is the queue. It waits for the same time
 * always, so that the first wait, which is spread, and what is left of one are waited for by a state.
 */
export async function openAndFollow(deps: FollowDeps, input: { jobId: string }): Promise<Followed> {
  const before = await findJob(deps, input.jobId);
  const isFurther = before.queue !== undefined && isDue(before, deps.clock.msUntil);
  const run = { ...deps, upstream: withoutEcho(deps.upstream) };
  const followed = await followFound(run, await openFound(run, before));
  if (followed.next === "hold" && isFurther) throw new InstitutionUnavailable();
  return followed;
}
