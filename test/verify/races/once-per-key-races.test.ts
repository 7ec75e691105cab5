import type { Scheduler } from "fast-check";
import fc from "fast-check";
import { expect } from "vitest";
import type { StoredReply } from "../../../functions/jobs/domain/idempotency.ts";
import { isFinished } from "../../../functions/jobs/domain/job.ts";
import { acceptConnection } from "../../../functions/jobs/use-cases/create-connection.ts";
import { failJob } from "../../../functions/jobs/use-cases/end-job.ts";
import { sweep } from "../../../functions/jobs/use-cases/sweep.ts";
import { type FakePorts, fakePorts } from "../../support/fake-ports.ts";
import { gavin, USER_ID } from "../../support/job-examples.ts";
import { CALLS } from "../../support/use-case-worlds.ts";
import { scheduledPorts } from "./crash-world.ts";
import { testRaces } from "./racing-world.ts";

const RUNS = 3_000;
const FAILURE = { code: "c", title: "t", detail: "d" };

interface Race {
  scheduler: Scheduler;
  /** After how many turns all that is at work dies, if at all. */
  diesAt: number | null;
  /** After how many turns the jobs that were started end, if at all. */
  jobsEndAt: number | null;
}

const races: fc.Arbitrary<Race> = fc.record({
  scheduler: fc.scheduler(),
  diesAt: fc.option(fc.nat({ max: 40 })),
  jobsEndAt: fc.option(fc.nat({ max: 60 })),
});

/** One run of a function: what it replies, or nothing when it fails or dies. */
async function once<Reply>(
  real: FakePorts,
  scheduler: Scheduler,
  call: (ports: FakePorts) => Promise<Reply>,
) {
  const { ports, died } = scheduledPorts(real, scheduler);
  return Promise.race([call(ports), died]).catch(() => undefined);
}

/** Sends the same again until it hears. The sweeper comes meanwhile. */
async function insist(real: FakePorts, scheduler: Scheduler): Promise<StoredReply> {
  for (let tries = 0; tries < 50; tries++) {
    const reply = await once(real, scheduler, CALLS.create);
    if (reply !== undefined) return reply;
    await once(real, scheduler, sweep);
  }
  throw new Error("never heard");
}

async function after(scheduler: Scheduler, turns: number | null, happens: () => unknown): Promise<void> {
  if (turns === null) return;
  for (let turn = 0; turn < turns; turn++) await scheduler.schedule(Promise.resolve());
  await happens();
}

async function endJobs({ jobs, vault, executions }: FakePorts): Promise<void> {
  for (const id of executions.started) {
    const job = jobs.row(id);
    if (!isFinished(job)) await failJob({ jobs, vault }, job, FAILURE);
  }
}

async function race({ scheduler, diesAt, jobsEndAt }: Race, hasRival: boolean) {
  const real = fakePorts();
  const requests = Promise.all([1, 2, 3].map(() => insist(real, scheduler)));
  const rival = { userId: USER_ID, institutionId: "AU00000", login: gavin };
  const others = Promise.all([
    hasRival && once(real, scheduler, (ports) => acceptConnection(ports, rival)),
    after(scheduler, diesAt, () => real.clock.pass(61_000)),
    after(scheduler, jobsEndAt, () => endJobs(real)),
  ]);
  await scheduler.waitFor(Promise.all([requests, others]));
  return { real, replies: await requests };
}

testRaces(
  "requests with one key create one job and get one reply, whatever comes between them",
  RUNS,
  [],
  fc.asyncProperty(races, async (given) => {
    const { real, replies } = await race(given, false);
    expect(new Set(replies.map((reply) => JSON.stringify(reply))).size).toBe(1);
    const [id = ""] = real.jobs.rows.keys();
    expect(replies[0]).toMatchObject({ status: 202, body: { id } });
    expect(real.jobs.rows.size).toBe(1);
    expect(real.executions.started).toEqual([id]);
    expect(real.vault.names()).toEqual(isFinished(real.jobs.row(id)) ? [] : [`${id}/${USER_ID}/login`]);
  }),
);

testRaces(
  "requests with one key get one reply, beside another request for the same bank",
  RUNS,
  [],
  fc.asyncProperty(races, async (given) => {
    const { real, replies } = await race(given, true);
    expect(new Set(replies.map((reply) => JSON.stringify(reply))).size).toBe(1);
    real.clock.pass(120_000);
    await sweep(real);
    const jobs = [...real.jobs.rows.values()];
    const running = jobs.filter((job) => !isFinished(job));
    expect(running.length).toBeLessThanOrEqual(1);
    expect(new Set(real.executions.started)).toEqual(new Set(jobs.map(({ id }) => id)));
    expect(real.vault.names()).toEqual(running.map(({ id }) => `${id}/${USER_ID}/login`));
    const told = JSON.stringify(replies[0]?.body);
    expect(jobs.filter(({ id }) => told.includes(id))).toHaveLength(1);
  }),
);
