import type { FollowDeps, Followed } from "./follow-job.ts";
import { followOrLater } from "./follow-or-later.ts";
import { openConnection } from "./open-connection.ts";

/** Makes one attempt to open the connection, and follows its job for a first slice. Throws as {@link openConnection} does. */
export async function openAndFollow(deps: FollowDeps, input: { jobId: string }): Promise<Followed> {
  await openConnection(deps, input);
  return followOrLater(deps, input);
}
