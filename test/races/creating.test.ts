import fc, { type Scheduler } from "fast-check";
import { expect, test } from "vitest";
import { executionName } from "../../functions/adapters/sfn-workflow.ts";
import { acceptConnection } from "../../functions/use-cases/accept-connection.ts";
import type { FakePorts } from "../support/fake-ports.ts";
import { gavin, jobOf, USER_ID } from "../support/job-examples.ts";
import { people, type Told } from "./people.ts";
import { raceWorld } from "./race-world.ts";
import { inSchedules } from "./schedules.ts";

const INSTITUTION = "AU00000";
const create = { userId: USER_ID, institutionId: INSTITUTION, login: gavin };

interface Race {
  scheduler: Scheduler;
  /** After how many calls the process of the first create dies. */
  callsUntilDeath: number | undefined;
  sweeps: number;
  /** Whether an earlier job about the same has ended. */
  hasPredecessor: boolean;
}

const races: fc.Arbitrary<Race> = fc.record({
  scheduler: fc.scheduler(),
  callsUntilDeath: fc.option(fc.nat({ max: 12 }), { nil: undefined }),
  sweeps: fc.nat({ max: 3 }),
  hasPredecessor: fc.boolean(),
});

async function run({ scheduler, callsUntilDeath, sweeps, hasPredecessor }: Race) {
  const world = raceWorld(scheduler);
  const { real } = world;
  const { ask, sweep, sweepUp } = people(world);
  if (hasPredecessor) {
    const old = real.jobs.put(
      jobOf({ id: "old", phase: "succeeded", createdAt: "2026-01-05T08:00:00.000Z" }),
    );
    real.claims.held.set(`${USER_ID} ${INSTITUTION}`, old.id);
  }
  const told: { by: Told; jobId: string | undefined }[] = [];
  const one = async (calls?: number) => {
    await world.turn("a request");
    // No two in one millisecond.
    real.clock.pass(1);
    let jobId: string | undefined;
    const accept = async (ports: FakePorts) => {
      jobId = (await acceptConnection(ports, create)).job.id;
    };
    const by = await ask(accept, calls);
    told.push({ by, jobId });
  };
  const sweepAll = async () => {
    await world.turn("a sweep");
    for (const id of real.jobs.rows.keys()) await sweep(undefined, id);
  };
  world.begin(one(callsUntilDeath));
  world.begin(one());
  for (let count = 0; count < sweeps; count++) world.begin(sweepAll());
  await world.end();
  for (const id of real.jobs.rows.keys()) await sweepUp(id);
  return { real, told };
}

async function check(race: Race): Promise<void> {
  const { real, told } = await run(race);
  const ids = [...real.jobs.rows.keys()].filter((id) => id !== "old");
  const acknowledged = new Set(told.flatMap(({ by, jobId }) => (by === "accepted" ? [jobId] : [])));
  // The one that did not die was told of a job, and there is no other.
  expect(ids).toEqual([...acknowledged]);
  expect(ids).toHaveLength(1);
  expect(real.claims.held.get(`${USER_ID} ${INSTITUTION}`)).toBe(ids[0]);
  expect(real.vault.names()).toEqual(ids.map((id) => `${id}/${USER_ID}/login`));
  expect([...real.executions.states.keys()]).toEqual(ids.map((id) => executionName({ id, generation: 1 })));
}

test("two creates at once, one of which may die, and the sweeper", { timeout: 60_000 }, () =>
  inSchedules(1_500, races, check),
);
