import { describe, expect, test } from "vitest";
import { UpstreamUnavailable } from "../../../../functions/jobs/domain/errors.ts";
import { noteAwaited, noteDecided, noteFailed } from "../../../../functions/jobs/domain/outage.ts";
import type { FakePorts } from "../../../support/fake-ports.ts";
import { setStatus } from "../../../support/scripted-aggregator.ts";
import { at, BANK, HOUR, idOf, MINUTE, park, waitingJobs } from "./parked-world.ts";

const SECOND = 1_000;
const nameOf = (number: number) => idOf(number).slice(24);

/** Calls `decide` some seconds after each start of an execution. Returns when, in milliseconds, each was started. */
function answering(ports: FakePorts, seconds: number, decide: (id: string) => Promise<unknown>): number[] {
  const { start } = ports.executions;
  const starts: number[] = [];
  const due: { at: number; id: string }[] = [];
  ports.executions.start = async (job) => {
    starts.push(ports.clock.now().getTime());
    due.push({ at: ports.clock.now().getTime() + seconds * SECOND, id: job.id });
    await start(job);
  };
  const { sleep } = ports.clock;
  ports.clock.sleep = async (ms) => {
    await sleep(ms);
    while (due[0] !== undefined && due[0].at <= ports.clock.now().getTime()) {
      await decide(due.shift()?.id ?? "");
    }
  };
  return starts;
}

/** The most in one second. */
function mostPerSecond(times: readonly number[]): number {
  const within = (first: number) => times.filter((time) => time >= first && time < first + SECOND).length;
  return Math.max(...times.map(within));
}

describe("the bank of waiting jobs", () => {
  test("is asked for its record once a look, whatever the number of jobs, and wakes none while it is down", async () => {
    const { ports, look, started, records } = await waitingJobs(3, "major-outage");
    const before = structuredClone([...ports.jobs.rows.values()]);
    for (let minute = 0; minute < 20; minute++) {
      expect(await look()).toEqual({ woken: 0, failed: 0 });
      ports.clock.pass(MINUTE);
    }
    expect([[...ports.jobs.rows.values()], started()]).toEqual([before, []]);
    expect(ports.upstream.calls("institution")).toHaveLength(20);
    expect(records[0]).toEqual([BANK, { isAvailable: false, at: at(0) }]);
  });

  test("never opens the door with a record that cannot be read, and says nothing of the bank then", async () => {
    const { ports, look, started, records } = await waitingJobs(1);
    ports.upstream.script.institutionFails.push(new UpstreamUnavailable());
    await look();
    expect([started(), records]).toEqual([[], []]);
    await look();
    expect(started()).toEqual([nameOf(1)]);
  });

  test("is no longer looked at when no job is left", async () => {
    const { ports, look, started } = await waitingJobs(1);
    await look();
    expect(started()).toHaveLength(1);
    await look();
    expect(await ports.outages.awaited()).toEqual([BANK]);
    ports.clock.pass(5 * MINUTE);
    await look();
    expect(await ports.outages.awaited()).toEqual([]);
  });

  test("that fails over and over although its record is good is tried by one job for all, in turn, every two hours", async () => {
    const { ports, look, started } = await waitingJobs(2);
    const failed = ["a 1", "b 1", "c 1"];
    ports.outages.rows.set(BANK, { institutionId: BANK, failed, probeAt: at(1), awaitedAt: at(0) });
    const probes: string[] = [];
    for (let minutes = 0; minutes <= 5 * 60; minutes += 30) {
      await look();
      for (const name of started()) {
        probes.push(`${minutes / 60} ${name}`);
        // Its attempt fails.
        const number = Number.parseInt(name, 10);
        await park(ports, number, "bank", { generation: ports.jobs.row(idOf(number)).generation });
      }
      ports.clock.pass(30 * MINUTE);
    }
    expect(probes).toEqual([`1 ${nameOf(2)}`, `3 ${nameOf(1)}`, `5 ${nameOf(2)}`]);
  });

  test("keeps no other bank waiting when a look or a start fails, and the next look tries again", async () => {
    const { ports, look, started } = await waitingJobs(2);
    ports.outages.rows.set("AU00002", { institutionId: "AU00002", failed: [], awaitedAt: at(0) });
    const { awaiting } = ports.sweptJobs;
    const fail = () => Promise.reject(new Error("throttled"));
    ports.sweptJobs.awaiting = (id, which) => (id === "AU00002" ? fail() : awaiting(id, which));
    const { start } = ports.executions;
    ports.executions.start = (job) => (job.id === idOf(1) ? fail() : start(job));
    const failed: string[] = [];
    expect(await look({ onFailedLook: (id) => failed.push(id) })).toEqual({ woken: 1, failed: 2 });
    expect([failed, started()]).toEqual([["AU00002"], [nameOf(2)]]);
  });

  test("wakes its jobs although its health cannot be written", async () => {
    const { look, started } = await waitingJobs(1);
    await look({ onRecord: () => Promise.reject(new Error("throttled")) });
    expect(started()).toEqual([nameOf(1)]);
  });
});

describe("a bank that is back", () => {
  test("gets the logins of 2,000 jobs within three minutes with 300 functions, the longest waiting first, at most 30 a second", async () => {
    const { ports, look, started } = await waitingJobs(2_000);
    const starts = answering(ports, 4, () => ports.outages.change(BANK, noteDecided(ports.clock)));
    const began = ports.clock.now().getTime();
    // The last look was just before the bank's return.
    ports.clock.pass(MINUTE);
    for (let minute = 1; minute <= 2; minute++) {
      await look({ concurrency: 300 });
      ports.clock.pass(Math.max(0, began + (minute + 1) * MINUTE - ports.clock.now().getTime()));
    }
    const names = started();
    expect([names.length, new Set(names).size]).toEqual([2_000, 2_000]);
    expect(names.slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, index) => nameOf(2_000 - index)));
    expect(Math.max(...starts) - began).toBeLessThan(3 * MINUTE);
    expect(mostPerSecond(starts)).toBeLessThanOrEqual(30);
  });

  test.each([
    ["its record says so", noteAwaited],
    ["three logins in a row fail", (clock, id) => noteFailed({ id, attempt: 2 }, clock)],
  ] as [string, (clock: FakePorts["clock"], id: string) => ReturnType<typeof noteAwaited>][])(
    "and fails again at once gets 20 logins: %s",
    async (_, note) => {
      const { ports, look, started } = await waitingJobs(200);
      answering(ports, 4, (id) => ports.outages.change(BANK, note(ports.clock, id)));
      await look();
      ports.clock.pass(MINUTE);
      setStatus(ports, note === noteAwaited ? "major-outage" : "operational");
      await look();
      expect(started()).toHaveLength(20);
    },
  );

  test("whose record says that it is down again gets a new trial when it is back", async () => {
    const { ports, look, started } = await waitingJobs(100);
    answering(ports, 4, () => ports.outages.change(BANK, noteDecided(ports.clock)));
    await look({ concurrency: 19 });
    const { trial } = await ports.outages.find(BANK);
    for (const status of ["major-outage", "operational"]) {
      setStatus(ports, status);
      ports.clock.pass(MINUTE);
      await look({ concurrency: 10 });
    }
    expect([trial?.isPassed, started().length]).toEqual([true, 50 + 5]);
    expect((await ports.outages.find(BANK)).trial?.since).not.toBe(trial?.since);
  });

  test("and answers nothing gets no further logins for ten minutes", async () => {
    const { ports, look, started } = await waitingJobs(50);
    const counts: number[] = [];
    for (let minute = 0; minute <= 10; minute++) {
      const next = ports.clock.after(MINUTE);
      await look();
      counts.push(started().length);
      ports.clock.pass(Math.max(0, ports.clock.msUntil(next)));
    }
    expect(counts).toEqual([20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20]);
  });

  test("gets one login in ten seconds with ten functions, so that nine of them are free", async () => {
    const { ports, look } = await waitingJobs(100);
    const starts = answering(ports, 4, () => ports.outages.change(BANK, noteDecided(ports.clock)));
    await look({ concurrency: 10 });
    expect(starts.map((time) => time - (starts[0] ?? 0))).toEqual([0, 10, 20, 30, 40].map((s) => s * SECOND));
  });

  test("shares the pace with others that are back, in turn", async () => {
    const { ports, look } = await waitingJobs(3);
    const other = "AU00002";
    setStatus(ports, "operational", other);
    for (let number = 11; number <= 13; number++) await park(ports, number, "bank", { institutionId: other });
    ports.outages.rows.set(other, { institutionId: other, failed: [], awaitedAt: at(0) });
    const order: string[] = [];
    const starts = answering(ports, 4, async () => undefined);
    const { start } = ports.executions;
    ports.executions.start = async (job) => {
      order.push(ports.jobs.row(job.id).institutionId);
      await start(job);
    };
    await look({ concurrency: 100 });
    expect(order).toEqual([BANK, other, BANK, other, BANK, other]);
    expect(mostPerSecond(starts)).toBeLessThanOrEqual(10);
  });

  test("gets the logins of one run, although the schedule starts two", async () => {
    const { look, started } = await waitingJobs(30);
    await Promise.all([look(), look()]);
    expect(started()).toHaveLength(20);
  });

  test("gets no login that would send a code to an absent user: such a job waits for its user", async () => {
    const { ports, look, started } = await waitingJobs(1);
    await park(ports, 2, "bank", { authorization: "user-mfa" });
    await look();
    expect(started()).toEqual([nameOf(1)]);
    expect(ports.jobs.row(idOf(2)).queue).toMatchObject({ waitsFor: "user", reason: "ready-for-user" });
  });

  test("over and over gets no more attempts of one job than the published pace allows, but for one ahead of it", async () => {
    const { ports, look, started } = await waitingJobs(1);
    let attempts = 1;
    for (let minutes = 0; minutes < 10 * 60; minutes += 10) {
      await look();
      if (started().length > 0) {
        attempts += 1;
        const { generation, queue } = ports.jobs.row(idOf(1));
        const nextAttemptAt = ports.clock.after(2 * HOUR).toISOString();
        const again = {
          ...queue,
          expiresAt: queue?.expiresAt ?? "",
          nextAttemptAt,
          waitsFor: "bank" as const,
        };
        await park(ports, 1, "bank", { attempt: attempts, generation, queue: again });
      }
      ports.outages.rows.set(BANK, { institutionId: BANK, failed: [], awaitedAt: at(0) });
      ports.clock.pass(10 * MINUTE);
    }
    // One at the beginning, one for each two hours, and one ahead.
    expect(attempts).toBe(6);
    expect(ports.jobs.row(idOf(1)).attempt).toBe(6);
  });
});
