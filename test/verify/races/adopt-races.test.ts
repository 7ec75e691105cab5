import type { Scheduler } from "fast-check";
import fc from "fast-check";
import { expect } from "vitest";
import { adoptJobs, adoptReturned, adoptUnseen } from "../../../functions/jobs/use-cases/adopt-jobs.ts";
import { refreshConnection } from "../../../functions/jobs/use-cases/refresh-connection.ts";
import { fakePorts } from "../../support/fake-ports.ts";
import { lookOf, PLAIN, USER_ID } from "../../support/job-examples.ts";
import { donePlain } from "../../support/scripted-aggregator.ts";
import { expectWhole, loginWitness } from "./crash-world.ts";
import { type Coming, coming, mortal, passing, racingWorld, testRaces } from "./racing-world.ts";

interface Race {
  scheduler: Scheduler;
  server: Coming;
  browser: Coming;
  webhook: Coming;
  refresh: Coming | null;
  sweeps: [Coming | null, Coming | null];
  passes: (Coming & { ms: number })[];
}

const races: fc.Arbitrary<Race> = fc.record({
  scheduler: fc.scheduler(),
  server: mortal,
  browser: mortal,
  webhook: mortal,
  refresh: fc.option(mortal),
  sweeps: fc.tuple(coming, coming),
  passes: passing(1_000, 31_000, 61_000),
});

const adoption = { userId: USER_ID, upstreamJobIds: ["elsewhere"] };

testRaces(
  "a server, a browser and a webhook that adopt one job, and may die, make one job of it, which one execution drives",
  2_000,
  [],
  fc.asyncProperty(races, async ({ scheduler, server, browser, webhook, refresh, sweeps, passes }) => {
    const real = fakePorts();
    real.upstream.addConnection({ id: "c1", institutionId: "AU00000" });
    real.upstream.script.looks.push(lookOf(PLAIN), { ...donePlain, namesSource: true });
    Object.assign(real.upstream.addJob(USER_ID, "AU00000", "elsewhere"), { connectionId: "c1" });
    const logins = loginWitness(real);
    const { request, pass, sweeper, settle } = racingWorld(real, scheduler);
    pass(passes);
    const heard = Promise.all([
      request(server, (ports) => adoptJobs(ports, adoption)),
      request(browser, (ports) => adoptReturned(ports, adoption)),
    ]);
    const others = Promise.all([
      request(webhook, (ports) => adoptUnseen(ports, USER_ID)),
      request(refresh, (ports) => refreshConnection(ports, { userId: USER_ID, connectionId: "c1" })),
      ...sweeps.map(sweeper),
    ]);
    await settle();
    await others;
    const told = (await heard).flatMap((one) => (typeof one === "object" && "told" in one ? one.told : []));
    const adopted = [...real.jobs.rows.values()].filter(({ kind }) => kind === "adopt");
    expect(adopted.length, "jobs of ours for one upstream job").toBeLessThanOrEqual(1);
    expect(new Set(told.map(({ id }) => id)).size).toBeLessThanOrEqual(1);
    const started = real.executions.started.filter((id) => id === adopted[0]?.id);
    expect(started.length).toBeLessThanOrEqual(1);
    expectWhole(
      real,
      logins,
      told.map(({ id }) => id),
    );
  }),
);
