import fc, { type Scheduler } from "fast-check";
import { expect } from "vitest";
import { isFinished } from "../../functions/domain/job.ts";
import { acceptConnection } from "../../functions/use-cases/accept-connection.ts";
import { type FakePorts, fakePorts } from "../support/fake-ports.ts";
import { gavin, lookOf, PLAIN, USER_ID } from "../support/job-examples.ts";
import { expectHistory, expectNoSecretsAWeekLater, expectWhole } from "../support/job-invariants.ts";
import { donePlain } from "../support/job-stories.ts";
import { loginWitness } from "../support/login-witness.ts";
import { testRaces } from "./assert-races.ts";
import { coming, mortal, passing } from "./comings.ts";
import { type Coming, racingWorld } from "./racing-world.ts";

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

/** Notes whether an execution was started while another job on the same claim was being driven. */
function noTwoAtOnce({ executions, jobs }: FakePorts) {
  const { start } = executions;
  const seen = { most: 0 };
  executions.start = async (job) => {
    await start(job);
    const driven = [...jobs.rows.values()].filter(
      (row) => !isFinished(row) && executions.started.includes(row.id),
    );
    seen.most = Math.max(seen.most, driven.length);
  };
  return seen;
}

testRaces(
  "two requests for one connection, of which some die, and the sweeper",
  2_000,
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
    expectWhole(
      real,
      logins,
      replies.map(({ job }) => job.id),
    );
    expectNoSecretsAWeekLater(real);
    for (const versions of Map.groupBy(real.jobs.written, ({ id }) => id).values()) expectHistory(versions);
  }),
);
