import { describe, expect, test } from "vitest";
import { UpstreamUnavailable } from "../../../../functions/jobs/domain/errors.ts";
import type { Job, WaitsFor } from "../../../../functions/jobs/domain/job.ts";
import { sweep } from "../../../../functions/jobs/use-cases/sweep.ts";
import { START } from "../../../support/fake-clock.ts";
import { jobOf, USER_ID } from "../../../support/job-examples.ts";
import { queuedUpstream, setStatus } from "../../../support/scripted-aggregator.ts";
import { at, HOUR, idOf, MINUTE, park, waitingJobs } from "./parked-world.ts";

describe("jobs that wait for their bank", () => {
  test("fail after seven days, without an execution, if it is down at their last attempt", async () => {
    const { ports, started } = await waitingJobs(1, "major-outage");
    ports.clock.pass(168 * HOUR - 2 * MINUTE);
    await sweep(ports);
    expect(ports.jobs.row(idOf(1)).phase).toBe("queued");
    ports.clock.pass(MINUTE);
    await sweep(ports);
    const { phase, attempt, steps, sweepAt } = ports.jobs.row(idOf(1));
    expect([phase, attempt, sweepAt]).toEqual(["failed", 85, undefined]);
    expect(steps[0]?.result).toMatchObject({ code: "temporary-unavailable" });
    expect([started(), ports.vault.names()]).toEqual([[], []]);
  });
});

describe("the due attempt of a parked job", () => {
  async function due(waitsFor: WaitsFor, changes: Partial<Job> = {}, status = "operational") {
    const world = await waitingJobs(0, status);
    const { ports } = world;
    if (changes.institutionId !== undefined) setStatus(ports, status, changes.institutionId);
    await park(ports, 1, waitsFor, changes);
    ports.clock.pass(2 * HOUR);
    await sweep(ports);
    return { ...world, row: ports.jobs.row(idOf(1)) };
  }

  test("starts its next execution, and the sweeper starts it once more if that failed", async () => {
    const { ports, started, row } = await due("attempt");
    expect(row).toMatchObject({ phase: "queued", generation: 2, attempt: 1, sweepAt: at(2 + 1 / 60) });
    expect(started()).toHaveLength(1);
    ports.executions.states.delete(`${idOf(1)}-2`);
    ports.executions.state = async () => "missing";
    ports.executions.stop = async () => undefined;
    ports.clock.pass(MINUTE);
    expect(await sweep(ports)).toMatchObject({ mended: { started: 1 } });
    expect(started()).toEqual([idOf(1).slice(24)]);
  });

  test("needs no execution if the bank's record says that it is down: the job waits for its bank from then on", async () => {
    const { ports, started, row } = await due("attempt", {}, "major-outage");
    expect(row).toMatchObject({ attempt: 2, queue: { waitsFor: "bank", nextAttemptAt: at(4) } });
    expect([started(), await ports.outages.awaited()]).toEqual([[], ["AU00000"]]);
  });

  test("needs no execution if only the user could answer the bank", async () => {
    const bank = { institutionId: "AU00002", authorization: "user-mfa" } as const;
    const { started, row } = await due("attempt", bank);
    expect(row).toMatchObject({ attempt: 2, queue: { waitsFor: "user", reason: "ready-for-user" } });
    expect(started()).toEqual([]);
  });

  test("asks the aggregator if it holds the job in its own queue, and needs an execution only when that goes on", async () => {
    const world = await waitingJobs(0);
    const { ports, started } = world;
    ports.upstream.script.looks.push(queuedUpstream());
    ports.upstream.addJob(USER_ID, "AU00000", "theirs");
    const queue = { nextAttemptAt: at(2), expiresAt: at(168), isUpstreams: true } as const;
    await park(ports, 1, "attempt", { upstreamJobId: "theirs", queue });
    ports.clock.pass(2 * HOUR);
    await sweep(ports);
    expect(ports.jobs.row(idOf(1))).toMatchObject({ attempt: 2, queue: { isUpstreams: true } });
    expect(started()).toEqual([]);
    ports.upstream.job = async () => Promise.reject(new UpstreamUnavailable());
    ports.clock.pass(2 * HOUR);
    await sweep(ports);
    expect(ports.jobs.row(idOf(1))).toMatchObject({ attempt: 3, queue: { isUpstreams: true } });
    const { steps } = jobOf();
    ports.upstream.job = async (id) => ({ id, created: START, updated: START, steps });
    ports.clock.pass(2 * HOUR);
    await sweep(ports);
    expect([ports.jobs.row(idOf(1)).attempt, started()]).toEqual([3, [idOf(1).slice(24)]]);
  });
});
