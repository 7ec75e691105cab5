import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Job, WaitsFor } from "../../../../functions/jobs/domain/job.ts";
import { attemptDueAt, counted, holdChange, wokenChange } from "../../../../functions/jobs/domain/queue.ts";
import { transition } from "../../../../functions/jobs/domain/transitions.ts";
import { fakeClock, START } from "../../../support/fake-clock.ts";
import { jobOf } from "../../../support/job-examples.ts";

const HOUR = 3_600_000;
const at = (hours: number) => new Date(Date.parse(START) + hours * HOUR).toISOString();

/** A job that was parked at the start, after its first attempt. */
function parked(waitsFor: WaitsFor, attempt = 1): Job {
  const queue = { nextAttemptAt: at(2), expiresAt: at(168), waitsFor };
  return jobOf({ phase: "queued", attempt, queue });
}

function after(hours: number, job: Job) {
  const clock = fakeClock();
  clock.pass(hours * HOUR);
  const { attempt, queue, updatedAt } = counted(job, clock);
  return [attempt, queue?.nextAttemptAt, updatedAt];
}

describe.each(["bank", "user"] as const)("a job that waits for its %s", (waitsFor) => {
  test.each([
    [1.9, 1, at(2), START],
    [2, 2, at(4), at(2)],
    [3.9, 2, at(4), at(2)],
    [167, 84, at(168), at(166)],
    // The last attempt is made, and not counted, however late.
    [168, 84, at(168), at(166)],
    [200, 84, at(168), at(166)],
  ])("has made its attempts after %d hours: %i", (hours, ...expected) => {
    expect(after(hours, parked(waitsFor))).toEqual(expected);
  });

  test("is checked at its last attempt: the 84th after the first, or that at the end of the 7 days", () => {
    const due = (job: Job) => job.queue && attemptDueAt(job, job.queue, fakeClock());
    expect(due(parked(waitsFor))).toBe(at(168));
    expect(due(parked(waitsFor, 84))).toBe(at(2));
    // Its user has resumed it twenty times.
    expect(due(parked(waitsFor, 21))).toBe(at(2 + 63 * 2));
    // It was queued again late in the 7 days: no attempt follows that at hour 167.5.
    const late = parked(waitsFor);
    const queue = { ...late.queue, nextAttemptAt: at(165.5), expiresAt: at(168), waitsFor };
    expect(due({ ...late, queue })).toBe(at(167.5));
  });
});

test.each(["bank", "user"] as const)(
  "at any time, the attempts of a job that waits for its %s are those that it would have written",
  (waitsFor) => {
    fc.assert(
      fc.property(fc.nat({ max: 84 }), fc.nat({ max: 200 * 60 }), (attempt, minutes) => {
        const clock = fakeClock();
        const job = parked(waitsFor, attempt);
        clock.pass(minutes * 60_000);
        const seen = counted(job, clock);
        // One write after the other, as long as one is not the last.
        let written = job;
        for (let ticks = fakeClock(at(2)); ticks.now() <= clock.now(); ticks.pass(2 * HOUR)) {
          const change = holdChange(written, { attempt: written.attempt + 1 }, ticks);
          if (change.event === "failed") break;
          written = transition(written, change, ticks.now());
        }
        expect([seen.attempt, seen.queue?.nextAttemptAt]).toEqual([
          written.attempt,
          written.queue?.nextAttemptAt,
        ]);
      }),
    );
  },
);

test("no attempt is counted of a job that waits for its next attempt, that was woken, or that runs", () => {
  const woken = { ...parked("bank"), queue: { ...parked("bank").queue, waitsFor: undefined } };
  for (const job of [parked("attempt"), woken, { ...parked("bank"), phase: "following" }] as Job[]) {
    const clock = fakeClock();
    clock.pass(50 * HOUR);
    expect(counted(job, clock)).toBe(job);
  }
});

test("a scaled clock counts the same attempts in a part of the time", () => {
  const scaled = (hours: number) => ({
    now: () => new Date(Date.parse(START) + (hours * HOUR) / 100),
    span: (ms: number) => ms / 100,
  });
  const queue = { nextAttemptAt: at(0.02), expiresAt: at(1.68), waitsFor: "bank" } as const;
  const job = jobOf({ phase: "queued", attempt: 1, queue });
  expect(counted(job, scaled(3))).toMatchObject({ attempt: 2, queue: { nextAttemptAt: at(0.04) } });
  expect(counted(job, scaled(300))).toMatchObject({ attempt: 84, queue: { nextAttemptAt: at(1.68) } });
  expect(attemptDueAt(job, queue, scaled(0))).toBe(at(1.68));
});

test.each([
  ["before its first attempt is due", 1, "bank", 1],
  // The attempt at hour 4, which was counted, is the one that is made.
  ["an hour after an attempt was counted", 5, "bank", 2],
  ["at its last attempt", 168, "bank", 84],
  ["at its next attempt", 2, "attempt", 1],
] as const)("a job that is woken %s has made the attempts before", (_, hours, waitsFor, attempt) => {
  const clock = fakeClock();
  clock.pass(hours * HOUR);
  const job = transition(parked(waitsFor), wokenChange(parked(waitsFor), clock), clock.now());
  expect(job).toMatchObject({ phase: "queued", attempt, generation: 2, queue: { nextAttemptAt: at(hours) } });
  expect(job.queue?.waitsFor).toBeUndefined();
});
