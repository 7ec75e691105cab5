import { describe, expect, test } from "vitest";
import { measureSweep } from "../../functions/jobs/domain/measurements.ts";
import { METRICS } from "../../functions/jobs/domain/metrics.ts";
import { at, said } from "../support/captured-output.ts";
import { START } from "../support/fake-clock.ts";

const now = at(3_600);
const calm = { mended: {}, failed: 0, census: { queued: 0, running: 0 } };
const measured = (sweeping: Parameters<typeof measureSweep>[0]) => [...measureSweep(sweeping, now)];

describe("a sweep", () => {
  test("that found nothing says so of everything", () => {
    expect(measured(calm).map(said)).toEqual([
      "JobsMended 0",
      "JobsNotSwept 0",
      "JobsQueued 0",
      "JobsRunning 0",
      "OldestQueuedJob 0",
      "OldestRunningJob 0",
    ]);
  });

  test("counts the jobs that it mended, whatever they lacked, and none that was well", () => {
    const mended = { nothing: 100, started: 1, dropped: 2, restarted: 3, delivered: 4, cleaned: 5 };
    expect(
      measured({ ...calm, mended, failed: 7 })
        .map(said)
        .slice(0, 2),
    ).toEqual(["JobsMended 15", "JobsNotSwept 7"]);
  });

  test("tells how many jobs there are, and how old the oldest ones", () => {
    const census = { queued: 2_000, running: 3, oldestQueued: START, oldestRunning: at(3_599).toISOString() };
    expect(
      measured({ ...calm, census })
        .map(said)
        .slice(2),
    ).toEqual(["JobsQueued 2000", "JobsRunning 3", "OldestQueuedJob 3600000", "OldestRunningJob 1000"]);
  });

  test("is measured by the list of metrics", () => {
    for (const { name, unit, by } of measured(calm)) {
      expect({ unit, by }).toEqual({ unit: METRICS[name].unit, by: undefined });
    }
  });
});
