import type { Scheduler } from "fast-check";
import fc from "fast-check";
import { expect } from "vitest";
import { isFinished } from "../../../functions/jobs/domain/job.ts";
import { packLogin } from "../../../functions/jobs/domain/login.ts";
import { isParked } from "../../../functions/jobs/domain/queue.ts";
import { loginOf } from "../../../functions/jobs/domain/secret.ts";
import { failCurrentStep } from "../../../functions/jobs/domain/steps.ts";
import { cancelJob } from "../../../functions/jobs/use-cases/cancel-job.ts";
import { resumeJob } from "../../../functions/jobs/use-cases/resume-job.ts";
import { START } from "../../support/fake-clock.ts";
import { type FakePorts, fakePorts } from "../../support/fake-ports.ts";
import { gavin, JOB_ID, jobOf, lookOf, PLAIN, stepsOf, USER_ID } from "../../support/job-examples.ts";
import {
  donePlain,
  type Fate,
  type Look,
  OUTAGE_PROBLEM,
  setStatus,
} from "../../support/scripted-aggregator.ts";
import { caller } from "../../support/use-case-worlds.ts";
import { expectHistory } from "./crash-world.ts";
import {
  type Coming,
  coming,
  endOf,
  passing,
  racingWorld,
  revealsOnceCancelled,
  testRaces,
} from "./racing-world.ts";

interface Race {
  scheduler: Scheduler;
  isDown: boolean;
  /** Whether the retry is due already, or begins only by a resume. */
  isDue: boolean;
  /** Whether the job is parked. Otherwise an execution of an earlier version waits itself. */
  isParked: boolean;
  /** Whether that execution has ended, so that the sweeper starts another. */
  isLost: boolean;
  resumes: [Coming | null, Coming | null, Coming | null];
  cancel: Coming | null;
  sweeps: [Coming | null, Coming | null];
  passes: (Coming & { ms: number })[];
  fates: Fate[];
  /** How many of the next upstream jobs end in an outage. */
  outages: number;
}

const drawn = {
  scheduler: fc.scheduler(),
  isDown: fc.boolean(),
  isDue: fc.boolean(),
  isParked: fc.boolean(),
  isLost: fc.boolean(),
  resumes: fc.tuple(coming, coming, coming),
  cancel: coming,
  sweeps: fc.tuple(coming, coming),
  passes: passing(400, 3_000, 20_000, 61_000),
  fates: fc.array(fc.constantFrom<Fate[]>("heard", "reply-lost", "never-arrived", "under-way"), {
    maxLength: 2,
  }),
  outages: fc.nat({ max: 2 }),
};

const races: fc.Arbitrary<Race> = fc.record(drawn);

/** Attempts that end at once, so that others begin while an execution is still being started for one of them. */
const racesAtABankThatIsDown: fc.Arbitrary<Race> = fc.record({
  ...drawn,
  isDown: fc.constant(true),
  isDue: fc.constant(true),
  isLost: fc.constant(false),
  cancel: fc.constant(null),
});

const outage: Look = lookOf(PLAIN, { steps: failCurrentStep(stepsOf(PLAIN), OUTAGE_PROBLEM) });

async function queuedJob({ isDown, isDue, isParked, isLost, fates, outages }: Race): Promise<FakePorts> {
  const real = fakePorts();
  const { script } = real.upstream;
  const nextAttemptAt = isDue ? START : real.clock.after(3600_000).toISOString();
  const job = jobOf({
    phase: "queued",
    version: 4,
    attempt: 1,
    sweepAt: isParked ? nextAttemptAt : START,
    queue: {
      nextAttemptAt,
      expiresAt: real.clock.after(6 * 24 * 3600_000).toISOString(),
      ...(isParked && { waitsFor: "attempt" }),
    },
  });
  real.jobs.put(job);
  await real.vault.store(loginOf(job), packLogin(gavin), real.clock.after(1e9));
  if (isDown) setStatus(real, "major-outage");
  script.openings.push(...fates);
  for (let count = 0; count < outages; count++) script.looksByJob.push([lookOf(PLAIN), outage]);
  script.looks.push(lookOf(PLAIN), donePlain);
  real.executions.states.set(`${JOB_ID}-1`, isParked || isLost ? "ended" : "running");
  return real;
}

/** The attempt of each login that upstream took. */
function loginAttempts({ upstream, jobs }: FakePorts): number[] {
  const { openConnection } = upstream;
  const attempts: number[] = [];
  upstream.openConnection = async (...args) => {
    const before = upstream.done("openConnection").length;
    const { attempt } = jobs.row(JOB_ID);
    try {
      return await openConnection(...args);
    } finally {
      if (upstream.done("openConnection").length > before) attempts.push(attempt);
    }
  };
  return attempts;
}

async function run(race: Race) {
  const real = await queuedJob(race);
  const { request, pass, sweeper, settle, running } = racingWorld(
    real,
    race.scheduler,
    new Set([`${JOB_ID}-1`]),
  );
  const attempts = loginAttempts(real);
  const seen = revealsOnceCancelled(real);
  pass(race.passes);
  const heard = Promise.all([
    request(race.cancel, async (ports) => {
      await cancelJob(ports, { jobId: JOB_ID, caller });
      seen.isCancelled = true;
    }),
    ...race.resumes.map((coming) => request(coming, (ports) => resumeJob(ports, { jobId: JOB_ID, caller }))),
    ...race.sweeps.map(sweeper),
  ]);
  await settle();
  const [cancelled] = await heard;
  return { real, attempts, seen, running, cancelled, row: real.jobs.row(JOB_ID) };
}

function expectOneDriver({
  real,
  attempts,
  seen,
  running,
  cancelled,
  row,
}: Awaited<ReturnType<typeof run>>): void {
  expect(["succeeded", "cancelled", "queued"]).toContain(endOf(row));
  expect(attempts, "one login for each attempt").toEqual([...new Set(attempts)]);
  expect(seen.late, "secrets read after the cancel was confirmed").toBe(0);
  if (typeof cancelled === "object") expect(endOf(row) === "cancelled").toBe("told" in cancelled);
  if (cancelled === "absent") expect(endOf(row)).not.toBe("cancelled");
  expect(running(), "executions at the end").toEqual([]);
  expect(isFinished(row) || isParked(row), "a job that is over or parked").toBe(true);
  if (isFinished(row)) expect(row.sweepAt).toBeUndefined();
  expect(real.vault.names()).toEqual(isFinished(row) ? [] : [`${JOB_ID}/${USER_ID}/login`]);
  expectHistory(real.jobs.written);
}

testRaces(
  "resumes, a due retry, sweeper and cancel of a queued job give each attempt one login",
  2_000,
  // A list that was requested before the login could be in it was believed afterwards.
  [[305290211, "287"]],
  fc.asyncProperty(races, async (race) => expectOneDriver(await run(race))),
);

testRaces(
  "resumes and a due retry at a bank that stays down give each attempt one login",
  2_000,
  // An execution was started after the one that had taken its place.
  [[308507153, "18288"]],
  fc.asyncProperty(racesAtABankThatIsDown, async (race) => expectOneDriver(await run(race))),
);
