import fc, { type Scheduler } from "fast-check";
import { expect, test } from "vitest";
import { isFinished } from "../../functions/domain/job.ts";
import { packLogin } from "../../functions/domain/login.ts";
import { outcomeOf } from "../../functions/domain/outcome.ts";
import { loginOf } from "../../functions/domain/secret-refs.ts";
import { START } from "../support/fake-clock.ts";
import { gavin, JOB_ID, jobOf, lookOf } from "../support/job-examples.ts";
import { driver } from "./driver.ts";
import { people, type Told } from "./people.ts";
import { raceWorld } from "./race-world.ts";
import { inSchedules } from "./schedules.ts";

const done = lookOf({
  "verify-credentials": "success",
  "retrieve-accounts": "success",
  "retrieve-transactions": "success",
});

interface Race {
  scheduler: Scheduler;
  always: readonly Who[];
  others: readonly Who[];
  patience: number;
  /** After how many calls the process of the first one dies. */
  callsUntilDeath: number | undefined;
}

/** Some are always there, and any of the others. */
const racesOf = (always: readonly Who[], others: readonly Who[]): fc.Arbitrary<Race> =>
  fc.record({
    scheduler: fc.scheduler(),
    always: fc.constant(always),
    others: fc.shuffledSubarray([...others]),
    patience: fc.nat({ max: 40 }),
    callsUntilDeath: fc.option(fc.nat({ max: 8 }), { nil: undefined }),
  });

type Who = "resume" | "resume again" | "cancel" | "sweep" | "sweep again";

/** A queued job, whose next attempt is due in a second at a bank that is up. */
async function run({ scheduler, always, others, patience, callsUntilDeath }: Race) {
  const world = raceWorld(scheduler, patience);
  const { real } = world;
  const job = jobOf({
    phase: "queued",
    version: 4,
    attempt: 1,
    attemptAt: "2026-01-05T07:00:00.000Z",
    sweepAt: START,
    queue: {
      nextAttemptAt: real.clock.after(1_000).toISOString(),
      expiresAt: real.clock.after(6e8).toISOString(),
    },
  });
  real.jobs.put(job);
  await real.vault.keep(loginOf(job), packLogin(gavin), real.clock.after(6e8));
  real.upstream.script.looks.push(lookOf({ "verify-credentials": "in-progress" }), done);

  driver(world).holds(`${JOB_ID}-1`, 1);
  const { resume, cancel, sweep, sweepUp } = people(world);
  const deeds: { [who in Who]: (callsUntilDeath?: number) => Promise<Told | undefined> } = {
    resume,
    "resume again": resume,
    cancel,
    sweep,
    "sweep again": sweep,
  };
  const told = new Map<Who, Told | undefined>();
  for (const [index, one] of [...always, ...others].entries()) {
    const play = () => deeds[one](index === 0 ? callsUntilDeath : undefined);
    world.begin(world.turn(one).then(async () => void told.set(one, await play())));
  }
  await world.end();
  await sweepUp();
  return { world, told };
}

async function check(race: Race): Promise<void> {
  const { world, told } = await run(race);
  const { real } = world;
  const row = real.jobs.row(JOB_ID);
  const logins = real.upstream.done("openConnection");
  expect(real.jobs.written.filter(isFinished)).toHaveLength(1);
  expect(logins.length).toBeLessThanOrEqual(1);
  expect(world.mostAtOnce()).toBe(1);
  const isCancelled = told.get("cancel") === "accepted";
  if (isCancelled || outcomeOf(row) === "cancelled") {
    expect([outcomeOf(row), told.get("cancel")]).toEqual([
      "cancelled",
      expect.stringMatching(/accepted|died/),
    ]);
  } else expect([outcomeOf(row), logins.length, row.attempt]).toEqual(["succeeded", 1, 2]);
  expect(real.vault.names()).toEqual([]);
  expect(row.sweepAt).toBeUndefined();
  expect([...real.executions.states.values()]).not.toContain("running");
}

test("a resume, the attempt that is due, a cancel and the sweeper, in any order", { timeout: 60_000 }, () =>
  inSchedules(1_500, racesOf([], ["resume", "cancel", "sweep", "sweep again"]), check),
);

test("two resumes, and whatever else comes between them", { timeout: 60_000 }, () =>
  inSchedules(1_000, racesOf(["resume", "resume again"], ["cancel", "sweep"]), check),
);
