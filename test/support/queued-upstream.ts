import type { UpstreamJob } from "../../functions/jobs/domain/upstream-job.ts";
import { lookOf, PLAIN } from "./job-examples.ts";

const result = {
  code: "temporary-unavailable-queued",
  title: "Institution temporary unavailable, retry pending",
  detail: "3rd party service temporary unavailable. Job queued, retry in 2 hours.",
};

/** What a job shows that upstream holds in its own queue. */
export function queuedUpstream(): UpstreamJob {
  const look = lookOf(PLAIN);
  const steps = look.steps.map((step) => (step.title === "verify-credentials" ? { ...step, result } : step));
  return { ...look, steps };
}
