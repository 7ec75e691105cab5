import fc, { type Scheduler } from "fast-check";
import { expect, test } from "vitest";
import { isFinished } from "../../functions/domain/job.ts";
import { packLogin } from "../../functions/domain/login.ts";
import { outcomeOf } from "../../functions/domain/outcome.ts";
import { Secret } from "../../functions/domain/secret.ts";
import { loginOf, taskTokenOf } from "../../functions/domain/secret-refs.ts";
import { START } from "../support/fake-clock.ts";
import {
  awaitingJob,
  challengeOf,
  gavin,
  JOB_ID,
  lookOf,
  question,
  stepsOf,
  UPSTREAM_JOB_ID,
  USER_ID,
  WITH_MFA,
} from "../support/job-examples.ts";
import { driver } from "./driver.ts";
import { people, type Told } from "./people.ts";
import { raceWorld } from "./race-world.ts";
import { inSchedules } from "./schedules.ts";

const NAME = `${JOB_ID}-1`;
const verified = { ...WITH_MFA, "verify-credentials": "success" } as const;
const asking = lookOf(
  { ...verified, "mfa-challenge": "in-progress" },
  { challenge: { ...question, input: ["Code"] }, updated: START },
);
const deciding = lookOf({ ...verified, "mfa-challenge": "in-progress" }, { updated: "later" });
const done = lookOf({
  "verify-credentials": "success",
  "mfa-challenge": "success",
  "retrieve-accounts": "success",
  "retrieve-transactions": "success",
});

const PEOPLE = ["answer", "answer again", "sweep", "sweep again", "cancel"] as const;

type Who = (typeof PEOPLE)[number];

interface Race {
  scheduler: Scheduler;
  /** Whether the challenge is about to be shown, or is open for a second more. */
  isShown: boolean;
  who: readonly Who[];
  /** Turns before time passes. */
  patience: number;
  /** After how many calls the process of the first one dies. */
  callsUntilDeath: number | undefined;
}

const races = fc.record({
  scheduler: fc.scheduler(),
  isShown: fc.boolean(),
  who: fc.shuffledSubarray([...PEOPLE], { minLength: 1 }),
  patience: fc.nat({ max: 50 }),
  callsUntilDeath: fc.option(fc.nat({ max: 10 }), { nil: undefined }),
});

async function run({ scheduler, isShown, who, patience, callsUntilDeath }: Race) {
  const world = raceWorld(scheduler, patience);
  const { real } = world;
  const job = awaitingJob({
    sweepAt: START,
    challenge: challengeOf({ expiresAt: real.clock.after(1_000).toISOString() }),
  });
  const sealed = await real.sealer.seal(taskTokenOf(job), new Secret("open"));
  const shown = { ...job, sealedTaskToken: Buffer.from(sealed).toString("base64") };
  const unshown = {
    ...job,
    phase: "challenged" as const,
    challenge: challengeOf(),
    steps: stepsOf(verified),
  };
  real.jobs.put(isShown ? shown : unshown);
  await real.vault.keep(loginOf(job), packLogin(gavin), real.clock.after(1e9));
  real.upstream.script.looks.push(asking);
  real.upstream.script.looksAfterAnswer.push([deciding, done]);
  real.upstream.addJob(USER_ID, "AU00002", UPSTREAM_JOB_ID);

  const driving = driver(world);
  if (isShown) driving.waitsFor(NAME, "open", 3);
  else driving.at(NAME, "ask");
  const told = new Map<Who, Told | undefined>();
  const { answer, cancel, sweep, sweepUp } = people(world);
  const whenShown = (text: string) => async (calls?: number) => {
    if (!isShown) await world.shown;
    return answer(text, calls);
  };
  const deeds: { [who in Who]: (callsUntilDeath?: number) => Promise<Told | undefined> } = {
    answer: whenShown("1234"),
    "answer again": whenShown("5678"),
    cancel,
    sweep,
    "sweep again": sweep,
  };
  for (const [index, one] of who.entries()) {
    const play = () => deeds[one](index === 0 ? callsUntilDeath : undefined);
    world.begin(world.turn(one).then(async () => void told.set(one, await play())));
  }
  await world.end();
  await sweepUp();
  return { real, told };
}

async function check(race: Race): Promise<void> {
  const { real, told } = await run(race);
  const row = real.jobs.row(JOB_ID);
  const isTold = (who: Who) => told.get(who) === "accepted";
  const answers = real.upstream.done("answer").map(({ sent }) => sent[0]);
  const outcome = outcomeOf(row);
  expect(isFinished(row)).toBe(true);
  expect(real.jobs.written.filter(isFinished)).toHaveLength(1);
  expect(answers.length).toBeLessThanOrEqual(1);
  const isAnswered = isTold("answer") || isTold("answer again");
  if (isTold("cancel")) expect(outcome).toBe("cancelled");
  else if (outcome === "cancelled") expect(told.get("cancel")).toBe("died");
  else if (isAnswered) expect([outcome, answers.length]).toEqual(["succeeded", 1]);
  if (outcome === "mfa-expired") expect([isAnswered, answers]).toEqual([false, []]);
  if (outcome === "succeeded") expect(answers).toHaveLength(1);
  // Nothing is begun to be sent once the job is cancelled.
  const marks = real.jobs.written.filter(({ phase }) => phase === "sending-answer").length;
  expect(answers.length).toBeLessThanOrEqual(marks);
  expect(real.vault.names()).toEqual([]);
  expect(row.sweepAt).toBeUndefined();
  expect([...real.executions.states.values()]).not.toContain("running");
}

test(
  "an answer, another one, the deadline, the sweeper and a cancel, in any order",
  { timeout: 60_000 },
  () => inSchedules(3_000, races, check),
);
