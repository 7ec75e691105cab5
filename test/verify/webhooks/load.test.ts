import { expect, test } from "vitest";
import { localSystem } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";
import { isNightly } from "../support/nightly.ts";
import { runLoad } from "./load.ts";

/** A receiver has 1.5 s to reply, and the probe of one that is failing comes every 6 s. */
const TIME_SCALE = 10;
const system = localSystem(TIME_SCALE);
const EVENTS = isNightly ? 400 : 100;
/** Each has at least two events: it was created, and it ended. */
const JOBS = 20;

test("no event is lost and none comes late to its order, whatever four of five receivers do", async () => {
  const { events, ofJobs, redirected, figures } = await runLoad(targetOf(system()), {
    timeScale: TIME_SCALE,
    events: EVENTS,
    jobs: JOBS,
    slowReplies: 20,
    withinMs: 300_000,
    onPhase: (phase) => process.stdout.write(`${Math.round(performance.now() / 1000)} s: ${phase}\n`),
  });
  expect(ofJobs).toBeGreaterThanOrEqual(2 * JOBS);
  expect(redirected).toBe(0);
  for (const kind of ["well", "flaky", "down", "slow", "redirecting"] as const) {
    expect([kind, figures[kind]?.accepted]).toEqual([kind, events]);
  }
  for (const kind of ["well", "flaky", "down"] as const) {
    expect([kind, figures[kind]?.disorder]).toEqual([kind, 0]);
  }
});
