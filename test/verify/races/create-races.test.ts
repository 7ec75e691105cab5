import type { Scheduler } from "fast-check";
import fc from "fast-check";
import { expect } from "vitest";
import { isFinished } from "../../../functions/jobs/domain/job.ts";
import { acceptConnection } from "../../../functions/jobs/use-cases/create-connection.ts";
import { type FakePorts, fakePorts } from "../../support/fake-ports.ts";
import { gavin, lookOf, PLAIN, USER_ID } from "../../support/job-examples.ts";
import { donePlain } from "../../support/scripted-aggregator.ts";
import { expectHistory, expectWhole, loginWitness } from "./crash-world.ts";
import { type Coming, coming, mortal, passing, racingWorld, testRaces } from "./racing-world.ts";

interface Race {
  scheduler: Scheduler;
  creates: [Coming, Coming];
  sweeps: [Coming | null, Coming | null];
  passes: (Coming & { ms: number })[];
}

const races: fc.Arbitrary<Race> = fc.record({
  scheduler: fc.scheduler(),
  creates: fc.tuple(mortal, mortal),
  sweeps: fc.tuple(coming, coming),
  passes: passing(1_000, 31_000, 61_000),
});

/**
 * Counts the jobs on one claim that are driven at the same time, and the jobs that are started after another job was started in
 * their place: their request, if it was repeated, was given that other job.
 */
function noTwoAtOnce({ executions, jobs }: FakePorts) {
  const { start } = executions;
  const seen = { most: 0, superfluous: 0 };
  const passedOver = new Set<string>();
  executions.start = async (job) => {
    const isFirst = !executions.started.includes(job.id);
    await start(job);
    const driven = [...jobs.rows.values()].filter(
      (row) => !isFinished(row) && executions.started.includes(row.id),
    );
    seen.most = Math.max(seen.most, driven.length);
    if (isFirst && passedOver.has(job.id)) seen.superfluous++;
    for (const id of jobs.rows.keys()) if (!executions.started.includes(id)) passedOver.add(id);
  };
  return seen;
}

testRaces(
  "two creates of one connection, which may die, and the sweeper drive one job at a time",
  2_000,
  // The sweeper started a job after another job had taken its place and ended.
  [[1448176156, "1109"]],
  fc.asyncProperty(races, async ({ scheduler, creates, sweeps, passes }) => {
    const real = fakePorts();
    real.upstream.script.looks.push(lookOf(PLAIN), donePlain);
    const seen = noTwoAtOnce(real);
    const logins = loginWitness(real);
    const { request, pass, sweeper, settle } = racingWorld(real, scheduler);
    const rival = { userId: USER_ID, institutionId: "AU00000", login: gavin };
    pass(passes);
    const heard = Promise.all(creates.map((one) => request(one, (ports) => acceptConnection(ports, rival))));
    const swept = Promise.all(sweeps.map(sweeper));
    await settle();
    await swept;
    const replies = (await heard).flatMap((one) =>
      typeof one === "object" && "told" in one ? one.told : [],
    );
    const news = replies.filter(({ isNew }) => isNew).map(({ job }) => job.id);
    expect(new Set(news).size, "each job is new for one of them").toBe(news.length);
    expect(seen.most, "jobs that are driven at once").toBeLessThanOrEqual(1);
    expect(seen.superfluous, "jobs that were started after another one took their place").toBe(0);
    expectWhole(
      real,
      logins,
      replies.map(({ job }) => job.id),
    );
    for (const versions of Map.groupBy(real.jobs.written, ({ id }) => id).values()) expectHistory(versions);
  }),
);
