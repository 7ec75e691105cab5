import { describe, expect, test } from "vitest";
import { secondsToNextAttempt } from "../../functions/jobs/domain/queue.ts";
import { seededIds } from "../support/seeded-ids.ts";

const queue = { nextAttemptAt: "2026-01-05T11:00:00Z", expiresAt: "2026-01-12T09:00:00Z" };

describe("2,000 jobs that are held in one second", () => {
  const ids = seededIds(20_260_105, 2_000);
  const waits = ids.map((id) => secondsToNextAttempt({ id }));

  test("come back within a minute, and never more than 60 of them in one second", () => {
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(7_200);
    expect(Math.max(...waits)).toBeLessThan(7_260);
    const bySecond = Map.groupBy(waits, (seconds) => seconds);
    expect(bySecond.size).toBe(60);
    for (const together of bySecond.values()) expect(together.length).toBeLessThanOrEqual(60);
  });

  test("wait for whole seconds, and for the same at every asking", () => {
    expect(waits.every(Number.isInteger)).toBe(true);
    expect(ids.map((id) => secondsToNextAttempt({ id }))).toEqual(waits);
  });

  test("keep their distances: further waits are all of one length", () => {
    expect(new Set(ids.map((id) => secondsToNextAttempt({ id, queue })))).toEqual(new Set([7_200]));
  });
});

test.each([
  ["00000000-0000-4000-8000-000000000000", 7_200],
  ["00000000-0000-4000-8000-000000800000", 7_230],
  ["00000000-0000-4000-8000-000000ffffff", 7_259],
])("the first wait of %s is %i s", (id, expected) => {
  expect(secondsToNextAttempt({ id })).toBe(expected);
});
