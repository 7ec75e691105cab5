import { describe, expect, test } from "vitest";
import { isFinished, type Job, PHASES, type Phase } from "../../functions/jobs/domain/job.ts";
import { applyEvent } from "../../functions/jobs/domain/sweep.ts";
import {
  IllegalTransition,
  isLegal,
  type JobEvent,
  TRANSITIONS,
  transition,
} from "../../functions/jobs/domain/transitions.ts";
import { fakeClock, START } from "../support/fake-clock.ts";
import { jobOf, PLAIN, stepsOf } from "../support/job-examples.ts";

// The table itself is compared with the diagram in the docs, by test/verify/walks.

const events: JobEvent[] = [];
for (const event in TRANSITIONS) if (isEvent(event)) events.push(event);

function isEvent(name: string): name is JobEvent {
  return Object.hasOwn(TRANSITIONS, name);
}

const pairs = events.flatMap((event) => PHASES.map((phase) => ({ event, phase })));
const legal = pairs.filter(({ event, phase }) => isLegal(event, phase));

function phaseAfter(event: JobEvent, phase: Phase): Phase {
  const { to } = TRANSITIONS[event];
  return to === "unchanged" ? phase : to;
}

function reachableFrom(first: Phase): Set<Phase> {
  const reached = new Set<Phase>([first]);
  for (const phase of reached) {
    for (const event of events.filter((each) => isLegal(each, phase))) reached.add(phaseAfter(event, phase));
  }
  return reached;
}

const later = new Date(Date.parse(START) + 1500);
const happen = (event: JobEvent, phase: Phase, more: Partial<Job> = {}, now = later) =>
  transition(jobOf({ phase, version: 7, ...more }), { event, changes: {} }, now);

describe("the phases of a job", () => {
  test.each(["succeeded", "failed"] as const)("%s allows no event", (phase) => {
    expect(isFinished({ phase })).toBe(true);
    expect(events.filter((event) => isLegal(event, phase))).toEqual([]);
  });

  test("an accepted job can reach every phase", () => {
    expect([...reachableFrom("accepted")].sort()).toEqual([...PHASES].sort());
  });

  test.each(PHASES.filter((phase) => !isFinished({ phase })))(
    "a job that is %s can reach both ends",
    (from) => {
      expect([...reachableFrom(from)]).toEqual(expect.arrayContaining(["failed", "succeeded"]));
    },
  );
});

describe("a transition", () => {
  test("to which the phase of the job leads gives the next phase, version and time", () => {
    const updatedAt = later.toISOString();
    for (const { event, phase } of legal) {
      const atItsStep = event === "attemptStarted" ? { stepSince: updatedAt } : {};
      expect(happen(event, phase), `${event} in ${phase}`).toEqual(
        jobOf({ phase: phaseAfter(event, phase), version: 8, updatedAt, ...atItsStep }),
      );
    }
  });

  test("that the phase of the job does not allow is refused", () => {
    const illegal = pairs.filter((pair) => !legal.includes(pair));
    expect(illegal.length).toBeGreaterThan(legal.length);
    for (const { event, phase } of illegal) {
      expect(() => happen(event, phase), `${event} in ${phase}`).toThrow(IllegalTransition);
    }
  });

  test("never turns the time of the last change back", () => {
    const updatedAt = later.toISOString();
    for (const { event, phase } of legal) {
      expect(happen(event, phase, { updatedAt }, new Date(START)).updatedAt).toBe(updatedAt);
    }
  });

  test("does not change the job before it", () => {
    const before = Object.freeze(jobOf());
    transition(before, { event: "attemptStarted", changes: { attempt: 1 } }, later);
    expect(before).toEqual(jobOf());
  });

  test("removes a field that is undefined in the changes", () => {
    const before = jobOf({ phase: "following", upstreamJobId: "1" });
    const after = transition(before, { event: "attemptHeld", changes: { upstreamJobId: undefined } }, later);
    expect(after.upstreamJobId).toBeUndefined();
  });

  test("removes the sealed task token when it ends the job, and keeps it otherwise", () => {
    const sealedTaskToken = "sealed";
    for (const { event, phase } of legal) {
      const after = happen(event, phase, { sealedTaskToken });
      expect(after.sealedTaskToken, `${phase} ${event}`).toBe(
        isFinished(after) ? undefined : sealedTaskToken,
      );
    }
  });
});

describe("the time since when a job is at its step", () => {
  const earlier = "2026-01-05T08:00:00.000Z";
  const begun = stepsOf({ ...PLAIN, "verify-credentials": "in-progress" });
  const verified = stepsOf({ ...PLAIN, "verify-credentials": "success" });
  const progress = (steps: Job["steps"], stepSince: string | undefined) =>
    transition(
      jobOf({ phase: "following", stepSince }),
      { event: "stepsProgressed", changes: { steps } },
      later,
    ).stepSince;

  test.each(["accepted", "queued"] as const)("is the start of an attempt of a job that is %s", (phase) => {
    expect(happen("attemptStarted", phase, { stepSince: earlier }).stepSince).toBe(later.toISOString());
  });

  test.each([
    ["stays while the step goes on", begun, earlier, earlier],
    ["is the end of the step before", verified, earlier, later.toISOString()],
    ["stays unknown while the step of an old row goes on", begun, undefined, undefined],
    ["is known from the next step of an old row on", verified, undefined, later.toISOString()],
  ])("%s", (_, steps, before, expected) => {
    expect(progress(steps, before)).toBe(expected);
  });

  test.each(["attemptHeld", "succeeded", "failed"] as const)("is removed by %s", (event) => {
    expect(happen(event, "following", { stepSince: earlier }).stepSince).toBeUndefined();
  });
});

test("the row after an event has its next sweep, which the changes cannot set", () => {
  const changes = { attempt: 1, sweepAt: "2030-01-01T00:00:00.000Z" };
  const clock = fakeClock("2026-01-05T09:00:07.500Z");
  expect(applyEvent(jobOf(), { event: "attemptStarted", changes }, clock)).toEqual(
    jobOf({
      phase: "opening",
      version: 2,
      attempt: 1,
      updatedAt: "2026-01-05T09:00:07.500Z",
      stepSince: "2026-01-05T09:00:07.500Z",
      sweepAt: "2026-01-05T09:01:07.500Z",
      eventCount: 1,
    }),
  );
});
