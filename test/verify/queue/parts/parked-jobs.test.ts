import { describe, expect, test } from "vitest";
import { UpstreamUnavailable } from "../../../../functions/jobs/domain/errors.ts";
import type { Job, WaitsFor } from "../../../../functions/jobs/domain/job.ts";
import { packLogin } from "../../../../functions/jobs/domain/login.ts";
import { attemptDueAt } from "../../../../functions/jobs/domain/queue.ts";
import { loginOf } from "../../../../functions/jobs/domain/secret.ts";
import { sweep } from "../../../../functions/jobs/use-cases/sweep.ts";
import { fakeClock, START } from "../../../support/fake-clock.ts";
import { type FakePorts, fakePorts } from "../../../support/fake-ports.ts";
import { gavin, jobOf, USER_ID } from "../../../support/job-examples.ts";
import { queuedUpstream, setStatus } from "../../../support/scripted-aggregator.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const at = (hours: number) => new Date(Date.parse(START) + hours * HOUR).toISOString();
const idOf = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;

/** A job that was parked some minutes before the start. Its execution has ended. */
async function park(ports: FakePorts, number: number, waitsFor: WaitsFor, changes: Partial<Job> = {}) {
  const expiresAt = at(168 - number / 60);
  const queue = { nextAttemptAt: at(2 - number / 60), expiresAt, waitsFor, ...changes.queue };
  const id = idOf(number);
  const job = jobOf({ id, phase: "queued", attempt: 1, ...changes, queue });
  ports.jobs.put({ ...job, sweepAt: attemptDueAt(job, queue, fakeClock()) });
  ports.executions.states.set(`${id}-1`, "ended");
  await ports.vault.store(loginOf(job), packLogin(gavin), ports.clock.after(8 * 24 * HOUR));
}

/** So many jobs that wait for their bank, of which the last waits longest. */
async function waitingJobs(count: number, status = "operational") {
  const ports = fakePorts();
  setStatus(ports, status);
  for (let number = 1; number <= count; number++) await park(ports, number, "bank");
  ports.outages.rows.set("AU00000", { institutionId: "AU00000", failed: [], awaitedAt: START });
  const needless = () => Promise.reject(new Error("Nothing has to be described or stopped."));
  Object.assign(ports.executions, { state: needless, stop: needless });
  const started = () => ports.executions.started.splice(0).map((id) => id.slice(24));
  return { ports, started };
}

describe("jobs that wait for their bank", () => {
  test("wait on while its record says that it is down, whatever is due, and nothing is written", async () => {
    const { ports, started } = await waitingJobs(3, "major-outage");
    const before = structuredClone([...ports.jobs.rows.values()]);
    for (let hours = 0; hours < 160; hours += 8) {
      ports.clock.pass(8 * HOUR);
      await sweep(ports);
    }
    expect([[...ports.jobs.rows.values()], started()]).toEqual([before, []]);
    // One look at the bank for all of them.
    expect(ports.upstream.calls("institution")).toHaveLength(20);
  });

  test("wait on while its record cannot be read: it never makes a job due", async () => {
    const { ports, started } = await waitingJobs(1);
    ports.upstream.script.institutionFails.push(new UpstreamUnavailable());
    await sweep(ports);
    expect(started()).toEqual([]);
    await sweep(ports);
    expect(started()).toEqual([idOf(1).slice(24)]);
  });

  test("are woken when it is back, 30 in a sweep, those that have waited longest first", async () => {
    const { ports, started } = await waitingJobs(70);
    const woken: string[][] = [];
    for (let minute = 0; minute < 3; minute++) {
      await sweep(ports);
      woken.push(started());
      ports.clock.pass(1_000);
    }
    const names = Array.from({ length: 70 }, (_, index) => idOf(70 - index).slice(24));
    expect(woken.map((some) => some.toSorted())).toEqual(
      [names.slice(0, 30), names.slice(30, 60), names.slice(60)].map((some) => some.toSorted()),
    );
  });

  test("are not woken by a bank that counts as down: one of them probes it, in turn, every two hours", async () => {
    const { ports, started } = await waitingJobs(2);
    const failed = ["a 1", "b 1", "c 1"];
    ports.outages.rows.set("AU00000", { institutionId: "AU00000", failed, probeAt: at(1), awaitedAt: START });
    const probes: string[] = [];
    for (let minutes = 0; minutes <= 5 * 60; minutes += 30) {
      await sweep(ports);
      for (const name of started()) {
        probes.push(`${minutes / 60} ${name}`);
        // Its attempt fails.
        const number = Number.parseInt(name, 10);
        await park(ports, number, "bank", { generation: ports.jobs.row(idOf(number)).generation });
      }
      ports.clock.pass(30 * MINUTE);
    }
    const [one, two] = [idOf(1).slice(24), idOf(2).slice(24)];
    expect(probes).toEqual([`1 ${two}`, `3 ${one}`, `5 ${two}`]);
  });

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

  test("are not looked for any more when none is left", async () => {
    const { ports, started } = await waitingJobs(1);
    await sweep(ports);
    expect(started()).toHaveLength(1);
    await sweep(ports);
    expect(await ports.outages.awaited()).toEqual(["AU00000"]);
    ports.clock.pass(5 * MINUTE);
    await sweep(ports);
    expect(await ports.outages.awaited()).toEqual([]);
  });

  test("are all looked at, although one bank cannot be, and although one of them fails", async () => {
    const { ports, started } = await waitingJobs(2);
    ports.outages.rows.set("AU00002", { institutionId: "AU00002", failed: [], awaitedAt: START });
    const { awaiting } = ports.sweptJobs;
    const fail = () => Promise.reject(new Error("throttled"));
    ports.sweptJobs.awaiting = (id, which) => (id === "AU00002" ? fail() : awaiting(id, which));
    const { start } = ports.executions;
    ports.executions.start = (job) => (job.id === idOf(1) ? fail() : start(job));
    expect(await sweep(ports)).toMatchObject({ failed: 2 });
    expect(started()).toEqual([idOf(2).slice(24)]);
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
