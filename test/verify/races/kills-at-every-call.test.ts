import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { outcomeOf } from "../../../functions/jobs/domain/failures.ts";
import { type CrashPoint, crashingPorts } from "../../support/crashing-ports.ts";
import { fakePorts } from "../../support/fake-ports.ts";
import { isNightly, partOf } from "../support/nightly.ts";
import { crashWorld, expectWhole, type Healing, loginWitness } from "./crash-world.ts";
import { ADOPTED_STORIES, JOB_STORIES, QUEUE_STORIES, type Story } from "./job-stories.ts";

const HEALINGS: Healing[] = ["run-again", "sweeper"];

async function live(story: Story, healing: Healing, points: readonly CrashPoint[] = []) {
  const ports = fakePorts();
  story.set(ports);
  const logins = loginWitness(ports);
  const mortal = crashingPorts(ports, points);
  const world = crashWorld(ports, mortal, healing);
  await world.live(story.requests());
  expectWhole(ports, logins, world.told);
  return { ports, logins, mortal, world };
}

/** Expects the end of a story in which a process died at most once. */
function expectEnd(story: Story, { ports, logins, world }: Awaited<ReturnType<typeof live>>): void {
  const jobs = [...ports.jobs.rows.values()];
  const outcomes = jobs.map(outcomeOf);
  const refused = jobs.filter((job) => outcomeOf(job) === "credentials-refused").map(({ id }) => id);
  expect([...ports.refusedLogins.rows.values()].flatMap(({ jobIds }) => jobIds)).toEqual(refused);
  for (const { id, userId, connectionId } of jobs.filter((job) => job.connectionId !== undefined)) {
    expect(ports.claims.held.get(`${userId} connection ${connectionId}`)).toBe(id);
  }
  const answers = ports.upstream.done("answer").map(({ sent }) => sent[0]);
  if (world.unheard.length === 0) {
    expect(outcomes).toEqual([story.ends]);
    expect(logins).toHaveLength(story.logins);
    expect(answers).toEqual(story.answers ?? []);
    return;
  }
  const allowed = [story.ends, ...(story.orElse ?? [])];
  for (const outcome of outcomes) expect(allowed).toContain(outcome);
  expect(outcomes.length).toBeLessThanOrEqual(1);
  expect(new Set(answers).size).toBe(answers.length);
}

const SEED = process.env["CRASH_SEED"] ?? randomUUID();
/** Without `NIGHTLY=1`, a fifth of them. */
const stories = partOf([...JOB_STORIES, ...QUEUE_STORIES, ...ADOPTED_STORIES], {
  parts: isNightly ? 1 : 5,
  seed: SEED,
  nameOf: ({ name }) => name,
});
beforeAll(() => {
  process.stdout.write(`${stories.length} stories, CRASH_SEED=${SEED}\n`);
});

describe.each(stories)("$name", (story) => {
  test.each(HEALINGS)("ends as expected when nothing dies (%s)", async (healing) => {
    const life = await live(story, healing);
    expect(life.mortal.crashes()).toBe(0);
    expectEnd(story, life);
    expect(life.ports.vault.names()).toEqual([]);
  });

  describe.each(HEALINGS)("healed by %s", (healing) => {
    test.each(["before", "after"] as const)(
      "ends as expected, whichever call the process dies at, just %s its effect",
      async (when) => {
        const calls = (await live(story, healing)).mortal.calls();
        expect(calls).toBeGreaterThan(8);
        for (let call = 0; call < calls; call++) {
          const life = await live(story, healing, [{ call, when }]);
          expect(life.mortal.crashes()).toBe(1);
          expectEnd(story, life);
        }
      },
    );

    test("leaves no job, secret or execution behind when the process dies at up to 12 random calls", async () => {
      const point = fc.record({
        call: fc.nat({ max: 80 }),
        when: fc.constantFrom<CrashPoint["when"]>("before", "after"),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(point, { maxLength: 12 }), async (points) => {
          await live(story, healing, points);
        }),
        { numRuns: 50 },
      );
    });
  });
});
