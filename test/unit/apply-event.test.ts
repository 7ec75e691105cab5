import { expect, test } from "vitest";
import { applyEvent } from "../../functions/jobs/domain/sweep.ts";
import { IllegalTransition } from "../../functions/jobs/domain/transitions.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { followingJob, jobOf, PLAIN, stepsOf } from "../support/job-examples.ts";

const clock = fakeClock("2026-01-05T09:00:07.500Z");
const started = { event: "attemptStarted", changes: { attempt: 1 } } as const;

test("an event gives the job as it is written: its phase, version and times", () => {
  expect(applyEvent(jobOf(), started, clock)).toEqual(
    jobOf({
      phase: "opening",
      version: 2,
      attempt: 1,
      updatedAt: "2026-01-05T09:00:07.500Z",
      stepSince: "2026-01-05T09:00:07.500Z",
      sweepAt: "2026-01-05T09:01:07.500Z",
    }),
  );
});

test("the time of the next look is by the phases before and after the event", () => {
  const held = applyEvent(followingJob(), { event: "attemptHeld", changes: {} }, clock);
  expect(held.sweepAt).toBe("2026-01-06T09:30:07.500Z");
  const again = applyEvent(held, started, clock);
  expect(again.sweepAt).toBe("2026-01-05T09:01:07.500Z");
});

test("a job that succeeded with its login destroyed is looked at no more", () => {
  const steps = stepsOf({ ...PLAIN, "verify-credentials": "success" });
  const job = followingJob({ steps, sweepAt: "2026-01-05T09:01:00.000Z" });
  const done = applyEvent(job, { event: "succeeded", changes: {} }, clock);
  expect(done.sweepAt).toBeUndefined();
});

test("what is changed never says itself when the next look is", () => {
  const changes = { attempt: 1, sweepAt: "2030-01-01T00:00:00.000Z" };
  expect(applyEvent(jobOf(), { event: "attemptStarted", changes }, clock).sweepAt).toBe(
    "2026-01-05T09:01:07.500Z",
  );
});

test("an event that may not come is refused", () => {
  expect(() => applyEvent(followingJob(), started, clock)).toThrow(IllegalTransition);
});
