import type { Job } from "./job.ts";
import type { Clock } from "./ports.ts";
import { sweepAtAfter } from "./sweep.ts";
import { type JobChange, transition } from "./transitions.ts";

/** The job as it is written after an event. Throws `IllegalTransition` when the event may not come in the job's phase. */
export function applyEvent(before: Job, change: JobChange, clock: Clock): Job {
  const after = transition(before, change, clock.now());
  return { ...after, sweepAt: sweepAtAfter(before, change.event, after, clock) };
}
