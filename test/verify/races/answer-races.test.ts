import type { Scheduler } from "fast-check";
import fc from "fast-check";
import { expect } from "vitest";
import { UpstreamRefused } from "../../../functions/jobs/domain/errors.ts";
import { isFinished } from "../../../functions/jobs/domain/job.ts";
import { packLogin } from "../../../functions/jobs/domain/login.ts";
import { isParked } from "../../../functions/jobs/domain/queue.ts";
import { loginOf, Secret, taskTokenOf } from "../../../functions/jobs/domain/secret.ts";
import { answerChallenge } from "../../../functions/jobs/use-cases/answer-challenge.ts";
import { askForAnswer } from "../../../functions/jobs/use-cases/ask-for-answer.ts";
import { cancelJob } from "../../../functions/jobs/use-cases/cancel-job.ts";
import { type FakePorts, fakePorts } from "../../support/fake-ports.ts";
import {
  awaitingJob,
  challengeOf,
  gavin,
  JOB_ID,
  stepsOf,
  UPSTREAM_JOB_ID,
  USER_ID,
  WITH_MFA,
} from "../../support/job-examples.ts";
import type { Fate, Look } from "../../support/scripted-aggregator.ts";
import { done } from "../../support/scripted-aggregator.ts";
import { caller } from "../../support/use-case-worlds.ts";
import { expectHistory } from "./crash-world.ts";
import { asking, deciding } from "./job-stories.ts";
import {
  type Coming,
  coming,
  endOf,
  passing,
  racingWorld,
  revealsOnceCancelled,
  testRaces,
  wasTold,
} from "./racing-world.ts";

interface Race {
  scheduler: Scheduler;
  /** Whether an earlier execution has shown the challenge already. */
  isShown: boolean;
  leftMs: number;
  one: Coming | null;
  other: Coming | null;
  /** Another run of the Task that stores the token. */
  askAgain: Coming | null;
  sweeps: [Coming | null, Coming | null];
  cancel: Coming | null;
  passes: (Coming & { ms: number })[];
  fates: Fate[];
}

const races: fc.Arbitrary<Race> = fc.record({
  scheduler: fc.scheduler(),
  isShown: fc.boolean(),
  leftMs: fc.constantFrom(500, 3_000, 20_000, 120_000),
  one: coming,
  other: coming,
  askAgain: coming,
  sweeps: fc.tuple(coming, coming),
  cancel: coming,
  passes: passing(400, 1_500, 3_000, 20_000, 118_000),
  fates: fc.array(fc.constantFrom("heard", "reply-lost", "never-arrived"), { maxLength: 2 }),
});

const UPDATED = "u1";
const CODE = { one: "1111", other: "2222" };
const queue = {
  nextAttemptAt: "2026-01-05T09:00:00.000Z",
  expiresAt: "2026-01-12T07:00:00.000Z",
  reason: "ready-for-user",
} as const;

/** A job at its challenge. If it comes from the queue, its attempt was resumed by a user. */
async function jobAtChallenge(
  { isShown, leftMs, fates }: Race,
  isQueued: boolean,
  look: Look,
): Promise<FakePorts> {
  const real = fakePorts();
  const expiresAt = isShown ? real.clock.after(leftMs).toISOString() : undefined;
  const job = awaitingJob({
    phase: isShown ? "awaiting-answer" : "challenged",
    steps: stepsOf({
      ...WITH_MFA,
      "verify-credentials": "success",
      "mfa-challenge": isShown ? "in-progress" : "pending",
    }),
    challenge: challengeOf({ upstreamUpdated: UPDATED, expiresAt }),
    sweepAt: real.clock.now().toISOString(),
    ...(isQueued && { queue, attempt: 3 }),
  });
  const sealed = await real.sealer.seal(taskTokenOf(job), new Secret("of-the-execution-before"));
  real.jobs.put({ ...job, ...(isShown && { sealedTaskToken: Buffer.from(sealed).toString("base64") }) });
  await real.vault.store(loginOf(job), packLogin(gavin), real.clock.after(1e9));
  real.upstream.script.looks.push(look);
  real.upstream.script.looksAfterAnswer.push([deciding, done]);
  real.upstream.script.answers.push(...fates);
  real.upstream.addJob(USER_ID, job.institutionId, UPSTREAM_JOB_ID);
  return real;
}

async function run(race: Race, isQueued: boolean, look: Look = asking(UPDATED)) {
  const real = await jobAtChallenge(race, isQueued, look);
  const { request, pass, sweeper, settle, running } = racingWorld(real, race.scheduler);
  const seen = revealsOnceCancelled(real);
  const answer = (by: Coming | null, text: string) =>
    request(by, (ports) => answerChallenge(ports, { jobId: JOB_ID, caller, answers: [new Secret(text)] }));
  await real.executions.start({ id: JOB_ID });
  pass(race.passes);
  const heard = Promise.all([
    answer(race.one, CODE.one),
    answer(race.other, CODE.other),
    request(race.cancel, async (ports) => {
      await cancelJob(ports, { jobId: JOB_ID, caller });
      seen.isCancelled = true;
      expect(running(), "executions after the cancel was confirmed").toEqual([]);
    }),
    request(race.askAgain, (ports) => askForAnswer(ports, { jobId: JOB_ID, taskToken: new Secret("again") })),
    ...race.sweeps.map(sweeper),
  ]);
  await settle();
  const [one, other, cancelled] = await heard;
  const sent = real.upstream.done("answer").flatMap((call) => call.sent);
  return { real, running, sent, one, other, cancelled, lateReveals: seen.late, row: real.jobs.row(JOB_ID) };
}

function expectOneEnd({ row, sent, one, other, cancelled, running, real, lateReveals }: Ran): void {
  const taken = wasTold(one) || wasTold(other);
  expect(sent.length).toBeLessThanOrEqual(1);
  const unanswered = row.queue === undefined ? "mfa-expired" : "queued";
  expect(["succeeded", "cancelled", unanswered]).toContain(endOf(row));
  // An accepted answer is sent, unless the job is cancelled before.
  if (taken) expect(["succeeded", "cancelled"]).toContain(endOf(row));
  if (endOf(row) === "succeeded") expect(sent).toHaveLength(1);
  if (endOf(row) === unanswered) expect(sent).toEqual([]);
  if (typeof one === "object" && !wasTold(one)) expect(sent).not.toContain(CODE.one);
  if (typeof other === "object" && !wasTold(other)) expect(sent).not.toContain(CODE.other);
  // An answer is accepted and not sent only if the job was cancelled.
  if (sent.length === 0 && taken) expect(endOf(row)).toBe("cancelled");
  expect(endOf(row) === "cancelled").toBe(
    wasTold(cancelled) || (cancelled === "died" && endOf(row) === "cancelled"),
  );
  expect(lateReveals, "secrets read after the cancel was confirmed").toBe(0);
  expect(running(), "executions at the end").toEqual([]);
  expect(isFinished(row) || isParked(row), "a job that is over or parked").toBe(true);
  expectHistory(real.jobs.written);
}

/** A request that died after the end may leave a sealed answer, which expires within the hour. */
function expectNoSecrets({ row, real, one, other }: Ran): void {
  if (isFinished(row)) expect(row.sweepAt).toBeUndefined();
  if (one === "died" || other === "died") real.clock.pass(3600_000);
  const login = `${JOB_ID}/${USER_ID}/login`;
  expect(real.vault.names()).toEqual(isFinished(row) ? [] : [login]);
}

type Ran = Awaited<ReturnType<typeof run>>;

/** The sweeper postponed the cleaning of a job that was cancelled while it was being swept. */
const FAILED_ONCE = { new: [[7, "333"]], queued: [[7, "333:17:28:20:39:30:4"]] } as const;

for (const kind of ["new", "queued"] as const) {
  testRaces(
    `answers, deadline, sweeper and cancel at the challenge of a ${kind} job give it one end`,
    3_000,
    FAILED_ONCE[kind],
    fc.asyncProperty(races, async (race) => {
      const ran = await run(race, kind === "queued");
      expectOneEnd(ran);
      expectNoSecrets(ran);
    }),
  );
}

const TOO_LATE = new UpstreamRefused(410, {
  code: "resource-no-longer-available",
  title: "Over",
  detail: "",
});
const fates = fc.array(fc.constantFrom<Fate>("heard", "reply-lost", TOO_LATE), { maxLength: 2 });

testRaces(
  "answers, deadline, sweeper and cancel give a job one end whose bank has gone on without an answer, and it never expires",
  1_000,
  [],
  fc.asyncProperty(races, fates, async (race, fates) => {
    const ran = await run({ ...race, fates }, false, done);
    const { row, sent, running, real, lateReveals } = ran;
    expect(["succeeded", "cancelled"]).toContain(endOf(row));
    expect([sent.length <= 1, running(), lateReveals]).toEqual([true, [], 0]);
    expectHistory(real.jobs.written);
    expectNoSecrets(ran);
  }),
);
