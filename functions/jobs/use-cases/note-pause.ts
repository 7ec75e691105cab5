import { UpstreamUnavailable } from "../domain/errors.ts";
import type { Ports } from "../domain/ports.ts";
import { mayPause } from "../domain/sending.ts";
import { findJob } from "./change-job.ts";
import { type EndDeps, writeChange } from "./end-job.ts";

/** Records the pause that the aggregator asked for, so that it does not end the attempt. */
export async function notePause(
  deps: EndDeps & Pick<Ports, "clock">,
  jobId: string,
  error: unknown,
): Promise<void> {
  if (!(error instanceof UpstreamUnavailable) || error.retryAfterMs === undefined) return;
  const job = await findJob(deps, jobId);
  if (job.phase !== "opening" || !mayPause(job, deps.clock.msUntil)) return;
  const pausedUntil = deps.clock.after(error.retryAfterMs).toISOString();
  await writeChange(deps, job, { event: "loginPosting", changes: { pausedUntil } });
}
