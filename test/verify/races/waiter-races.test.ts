import type { Scheduler } from "fast-check";
import fc from "fast-check";
import { expect } from "vitest";
import { DEFAULT_WAITERS, leaseMs } from "../../../functions/jobs/domain/waiting.ts";
import { awaitChange } from "../../../functions/jobs/use-cases/await-change.ts";
import { type FakePorts, fakePorts } from "../../support/fake-ports.ts";
import { JOB_ID, jobOf } from "../../support/job-examples.ts";
import { caller } from "../../support/use-case-worlds.ts";
import { type Coming, mortal, type Received, racingWorld, testRaces } from "./racing-world.ts";

interface Race {
  scheduler: Scheduler;
  waits: (Coming & { waitMs: number })[];
  /** When the job changes, in turns of the scheduler. */
  changesAfter: number;
  /** The calls of slots that fail, after their effect. */
  failures: number[];
}

const races: fc.Arbitrary<Race> = fc.record({
  scheduler: fc.scheduler(),
  waits: fc.array(
    fc.tuple(mortal, fc.constantFrom(250, 1_000, 2_500)).map(([coming, waitMs]) => ({ ...coming, waitMs })),
    { minLength: DEFAULT_WAITERS + 1, maxLength: 8 },
  ),
  changesAfter: fc.nat({ max: 100 }),
  failures: fc.array(fc.nat({ max: 20 }), { maxLength: 3 }),
});

const FIRST = jobOf({ phase: "following", version: 2 });
const NEXT = { ...FIRST, version: 3, connectionId: "8fce3b" };
const stateOf = ({ version }: { version: number }) => String(version);

/** Makes some calls fail after their effect, and counts the slots that each request has taken and not released. */
function watchSlots({ waiterSlots }: FakePorts, failures: readonly number[]) {
  const held = new Map<string, number>();
  const { take, release } = waiterSlots;
  let calls = 0;
  const mostHeld = { byOne: 0 };
  const failing = async <Result>(work: Promise<Result>): Promise<Result> => {
    const result = await work;
    if (failures.includes(calls++)) throw new Error("lost");
    return result;
  };
  const add = (id: string, count: number) => {
    held.set(id, (held.get(id) ?? 0) + count);
    mostHeld.byOne = Math.max(mostHeld.byOne, held.get(id) ?? 0);
  };
  waiterSlots.take = async (lease) => {
    const isTaken = await take(lease);
    if (isTaken) add(lease.id, 1);
    return failing(Promise.resolve(isTaken));
  };
  waiterSlots.release = async (lease) => {
    if (waiterSlots.leases.get(lease.slot)?.id === lease.id) add(lease.id, -1);
    return failing(release(lease));
  };
  return mostHeld;
}

testRaces(
  "requests that wait at the same time hold one slot each and give it back, and each gets a reply",
  2_000,
  [],
  fc.asyncProperty(races, async ({ scheduler, waits, changesAfter, failures }) => {
    const real = fakePorts();
    real.jobs.put(FIRST);
    const mostHeld = watchSlots(real, failures);
    const { request, settle } = racingWorld(real, scheduler);
    const replies = waits.map((one) =>
      request(one, async (ports) => {
        const until = ports.clock.after(one.waitMs);
        const asked = { jobId: JOB_ID, caller, until, isWhileRunning: false };
        return awaitChange(ports, asked, { stateOf, isKnown: (state) => state === "2" });
      }),
    );
    const changed = request({ after: changesAfter }, async () => void real.jobs.put(NEXT));
    await settle();
    await changed;
    const heard = await Promise.all(replies);
    for (const reply of heard) expectAReply(reply);
    expect(mostHeld.byOne).toBeLessThanOrEqual(1);
    const died = heard.filter((reply) => reply === "died").length;
    expect(real.waiterSlots.leases.size).toBeLessThanOrEqual(died + failures.length);
    real.clock.pass(leaseMs(2_500));
    expect(await real.waiterSlots.free()).toHaveLength(DEFAULT_WAITERS);
  }),
);

function expectAReply(reply: Received<Awaited<ReturnType<typeof awaitChange>>>): void {
  if (reply === "died") return;
  if (typeof reply !== "object" || !("told" in reply)) throw new Error("A request got no reply.");
  const { job, isNew, isEarly } = reply.told;
  expect(isNew).toBe(job.version === NEXT.version);
  if (isNew) expect(isEarly).toBe(false);
}
