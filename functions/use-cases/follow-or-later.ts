import type { Job } from "../domain/job.ts";
import { orWhenUnavailable } from "../domain/or-when-unavailable.ts";
import { type FollowDeps, type Followed, followFound } from "./follow-job.ts";

/** A look that upstream leaves open is the next slice's: what comes before it in the same run has retries of its own. */
const LATER: Followed = { next: "wait", waitSeconds: 5 };

/** Follows a job in the run that began it or sent its answer. */
export function followOrLater(deps: FollowDeps, job: Job): Promise<Followed> {
  return orWhenUnavailable(followFound(deps, job), LATER);
}
