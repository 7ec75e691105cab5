import { describe, expect, test } from "vitest";
import type { Job } from "../../../functions/jobs/domain/job.ts";
import { Secret } from "../../../functions/jobs/domain/secret.ts";
import { POLL_MS } from "../../../functions/jobs/domain/waiting.ts";
import { answerAndWait } from "../../../functions/jobs/use-cases/answer-challenge.ts";
import { awaitChange } from "../../../functions/jobs/use-cases/await-change.ts";
import { type FakePorts, fakePorts, fakeWaiterSlots } from "../../support/fake-ports.ts";
import { awaitingJob, JOB_ID, jobOf } from "../../support/job-examples.ts";
import { caller, failOnce, loseReply, reasonOf, waitingJob } from "../../support/use-case-worlds.ts";

const WAIT_MS = 20_000;
const FIRST = jobOf({ phase: "following", version: 2 });
const NEXT: Job = { ...FIRST, version: 3, connectionId: "8fce3b" };
const stateOf = (job: Job) => JSON.stringify([job.connectionId, job.phase]);

/** A job that its client has already, and what changes while the client waits. */
function waiting(job: Job = FIRST, ports: FakePorts = fakePorts()) {
  ports.jobs.put(job);
  const begunAt = ports.clock.now().getTime();
  const { sleep } = ports.clock;
  let sleeps = 0;
  return {
    ports,
    /** The job changes during this sleep, counted from 1. */
    changesIn(nth: number, change: () => unknown) {
      ports.clock.sleep = async (ms) => {
        await sleep(ms);
        if (++sleeps === nth) await change();
      };
    },
    wait({ isWhileRunning = false, known = stateOf(job), waitMs = WAIT_MS } = {}) {
      const request = { jobId: JOB_ID, caller, until: ports.clock.after(waitMs), isWhileRunning };
      return awaitChange(ports, request, { stateOf, isKnown: (state) => state === known });
    },
    tookMs: () => ports.clock.now().getTime() - begunAt,
  };
}

describe("a wait for a change", () => {
  test("ends at the first poll after the change, with the job", async () => {
    const { ports, changesIn, wait, tookMs } = waiting();
    changesIn(3, () => ports.jobs.put(NEXT));
    expect(await wait()).toEqual({ job: NEXT, isNew: true, isEarly: false });
    expect(tookMs()).toBe(3 * POLL_MS);
  });

  test("ends when its time is up, exactly then, if nothing has changed", async () => {
    const { wait, tookMs } = waiting();
    expect(await wait({ waitMs: 1_100 })).toEqual({ job: FIRST, isNew: false, isEarly: false });
    expect(tookMs()).toBe(1_100);
  });

  test.each([
    ["does not have the job", { known: "" }, FIRST, { isNew: true, isEarly: false }],
    ["wants no wait", { waitMs: 0 }, FIRST, { isNew: false, isEarly: false }],
    ["has a job that is over", {}, { ...FIRST, phase: "failed" }, { isNew: false, isEarly: true }],
    [
      "waits while a job is running that is over",
      { isWhileRunning: true },
      { ...FIRST, phase: "failed" },
      { isNew: false, isEarly: true },
    ],
    [
      "waits while a job is running that asks, and does not have it",
      { isWhileRunning: true, known: "" },
      awaitingJob(),
      { isNew: true, isEarly: false },
    ],
  ] as const)("of a client that %s ends at once, and needs no slot", async (_, options, job, expected) => {
    const { ports, wait, tookMs } = waiting(job);
    failOnce(ports, "waiterSlots.free");
    expect(await wait(options)).toEqual({ job, ...expected });
    expect(tookMs()).toBe(0);
  });

  test("while the job is running skips progress, and ends when the job asks", async () => {
    const { ports, changesIn, wait, tookMs } = waiting();
    const asking = awaitingJob({ version: 4 });
    changesIn(1, () => {
      ports.jobs.put(NEXT);
      changesIn(2, () => ports.jobs.put(asking));
    });
    expect(await wait({ isWhileRunning: true })).toMatchObject({ job: asking, isNew: true });
    expect(tookMs()).toBe(2 * POLL_MS);
  });

  test("never returns an older state than the first read, whatever the later reads return", async () => {
    const { ports, changesIn, wait } = waiting();
    ports.jobs.glance = async () => ({ ...NEXT, version: 1 });
    changesIn(2, () => {
      ports.jobs.glance = async () => NEXT;
    });
    expect((await wait()).job).toEqual(NEXT);
  });

  test.each([
    ["is deleted", (ports: FakePorts) => ports.jobs.rows.delete(JOB_ID)],
    ["is being deleted", (ports: FakePorts) => ports.jobs.put({ ...NEXT, isDropped: "unless-repeated" })],
  ])("for a job that %s is refused as for a job that does not exist", async (_, change) => {
    const { ports, changesIn, wait } = waiting();
    changesIn(2, () => change(ports));
    expect(await reasonOf(wait())).toBe("job-not-found");
    expect(ports.waiterSlots.leases.size).toBe(0);
  });
});

describe("the slot of a wait", () => {
  /** How many slots are taken in each sleep. */
  function slotsDuring({ ports, changesIn }: ReturnType<typeof waiting>) {
    const seen: { taken: number; leftMs: number[] }[] = [];
    changesIn(1, () => {
      const leases = [...ports.waiterSlots.leases.values()];
      seen.push({ taken: leases.length, leftMs: leases.map(({ until }) => ports.clock.msUntil(until)) });
    });
    return seen;
  }

  test("is one, lasts for the wait and a margin, and is free afterwards", async () => {
    const world = waiting();
    const seen = slotsDuring(world);
    await world.wait();
    expect(seen).toEqual([{ taken: 1, leftMs: [WAIT_MS + 5_000 - POLL_MS] }]);
    expect(world.ports.waiterSlots.leases.size).toBe(0);
  });

  test.each([0, 2])("is missing if all %i are taken: the reply comes at once", async (count) => {
    const ports = fakePorts();
    ports.waiterSlots = fakeWaiterSlots(ports.clock, count);
    for (let slot = 0; slot < count; slot++) {
      await ports.waiterSlots.take({ slot, id: `other-${slot}`, until: ports.clock.after(30_000) });
    }
    const { wait, tookMs } = waiting(FIRST, ports);
    expect(await wait()).toEqual({ job: FIRST, isNew: false, isEarly: true });
    expect(tookMs()).toBe(0);
    expect(await wait({ isWhileRunning: true, known: "" })).toMatchObject({ isNew: true, isEarly: true });
  });

  test("is another one if a request took the first choice at the same time", async () => {
    const world = waiting();
    const { waiterSlots, clock } = world.ports;
    const free = await waiterSlots.free();
    await waiterSlots.take({ slot: 2, id: "other", until: clock.after(30_000) });
    waiterSlots.free = async () => free;
    const seen = slotsDuring(world);
    await world.wait({ waitMs: POLL_MS });
    await world.wait({ waitMs: POLL_MS });
    expect(seen).toMatchObject([{ taken: 2 }]);
    expect([...waiterSlots.leases.values()].map(({ id }) => id)).toEqual(["other"]);
  });

  test.each([
    ["cannot be read", (ports: FakePorts) => failOnce(ports, "waiterSlots.free")],
    ["cannot be taken", (ports: FakePorts) => failOnce(ports, "waiterSlots.take")],
    ["is taken, but the reply is lost", (ports: FakePorts) => loseReply(ports, "waiterSlots.take")],
  ])("that %s lets nobody wait, and stays free", async (_, fails) => {
    const { ports, wait, tookMs } = waiting();
    fails(ports);
    expect(await wait()).toEqual({ job: FIRST, isNew: false, isEarly: true });
    expect(tookMs()).toBe(0);
    expect(ports.waiterSlots.leases.size).toBe(0);
  });

  test("that cannot be released spoils no reply", async () => {
    const { ports, changesIn, wait } = waiting();
    failOnce(ports, "waiterSlots.release");
    changesIn(1, () => ports.jobs.put(NEXT));
    expect((await wait()).job).toEqual(NEXT);
  });

  test("is missing for an answer if all are taken: the answer is taken, and the reply comes at once", async () => {
    const { ports, stored } = await waitingJob();
    ports.waiterSlots = fakeWaiterSlots(ports.clock, 0);
    const begunAt = ports.clock.now();
    const request = { jobId: JOB_ID, caller, answers: [new Secret("1234")] };
    expect((await answerAndWait(ports, request, 12_000)).phase).toBe("answered");
    expect(ports.clock.now()).toEqual(begunAt);
    expect([await stored(), ports.waker.woken.length]).toEqual([["1234"], 1]);
  });
});
