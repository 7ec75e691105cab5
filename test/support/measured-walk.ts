import type { Job } from "../../functions/jobs/domain/job.ts";
import { measureChange } from "../../functions/jobs/domain/measurements.ts";
import type { Measurement } from "../../functions/jobs/domain/metrics.ts";
import { failCurrentStep, initialSteps, type StepError } from "../../functions/jobs/domain/steps.ts";
import { type JobChange, transition } from "../../functions/jobs/domain/transitions.ts";
import { START } from "./fake-clock.ts";
import { PLAIN, stepsOf, UPSTREAM_JOB_ID, WITH_MFA } from "./job-examples.ts";

const SECOND = 1000;
export const at = (seconds: number) => new Date(Date.parse(START) + seconds * SECOND);
export const said = ({ name, is, value }: Measurement) =>
  [name, is, value].filter((part) => part !== undefined).join(" ");

/** A job that goes from event to event, and what was measured on its way. */
export function walk(job: Job) {
  const measured: string[] = [];
  const walking = {
    measured,
    job: () => job,
    after: (seconds: number, change: JobChange | undefined) => {
      if (change === undefined) throw new Error("there is nothing to change");
      const before = job;
      job = transition(before, change, at(seconds));
      measured.push(...[...measureChange(before, change.event, job)].map(said));
      return walking;
    },
  };
  return walking;
}

export const started: JobChange = { event: "attemptStarted", changes: { attempt: 1 } };
export const opened: JobChange = { event: "connectionOpened", changes: { upstreamJobId: UPSTREAM_JOB_ID } };
export const held: JobChange = {
  event: "attemptHeld",
  changes: { upstreamJobId: undefined, steps: initialSteps("user") },
};
export const stepsAre = (event: JobChange["event"], statuses: Parameters<typeof stepsOf>[0]): JobChange => ({
  event,
  changes: { steps: stepsOf(statuses) },
});
export const failed = (job: Job, error: StepError): JobChange => ({
  event: "failed",
  changes: { steps: failCurrentStep(job.steps, error) },
});
export const verified = { ...PLAIN, "verify-credentials": "success" } as const;
export const verifiedMfa = { ...WITH_MFA, "verify-credentials": "success" } as const;
