import fc, { type Scheduler } from "fast-check";
import { expect, test } from "vitest";
import type { KeptReply } from "../../../functions/domain/idempotency.ts";
import { isFinished } from "../../../functions/domain/job.ts";
import { acceptConnection } from "../../../functions/use-cases/accept-connection.ts";
import { failJob } from "../../../functions/use-cases/fail-job.ts";
import { sweep } from "../../../functions/use-cases/sweep.ts";
import { type FakePorts, fakePorts } from "../../support/fake-ports.ts";
import { gavin, USER_ID } from "../../support/job-examples.ts";
import { CALLS } from "../../support/keyed-calls.ts";
import { scheduledPorts } from "../../support/scheduled-ports.ts";

const RUNS = 2_000;
/** What so many schedules may take where others use the machine too. */
const TIMEOUT_MS = 120_000;
const FAILURE = { code: "c", title: "t", detail: "d" };

/** Sends the same again until it hears. */
async function insist(ports: FakePorts): Promise<KeptReply> {
  for (let tries = 0; tries < 20; tries++) {
    const reply = await CALLS.create(ports).catch(() => undefined);
    if (reply !== undefined) return reply;
  }
  throw new Error("never heard");
}

async function endJobs(ports: FakePorts): Promise<void> {
  for (const id of ports.executions.started) {
    const job = await ports.jobs.find(id);
    if (job !== undefined && !isFinished(job)) await failJob(ports, job, FAILURE).catch(() => undefined);
  }
}

interface Race {
  scheduler: Scheduler;
  /** Whether time passes, so that a request may outlive its right. */
  isLate: boolean;
  /** Whether jobs that were started end while requests are at work. */
  jobsEnd: boolean;
  hasRival: boolean;
}

async function race({ scheduler, isLate, jobsEnd, hasRival }: Race) {
  const real = fakePorts();
  const ports = scheduledPorts(real, scheduler);
  const requests = Promise.all([insist(ports), insist(ports), insist(ports)]);
  const rival = { userId: USER_ID, institutionId: "AU00000", login: gavin };
  const others = Promise.all([
    hasRival ? acceptConnection(ports, rival).catch(() => undefined) : undefined,
    isLate ? scheduler.schedule(Promise.resolve()).then(() => real.clock.pass(31_000)) : undefined,
    jobsEnd ? scheduler.schedule(Promise.resolve()).then(() => endJobs(ports)) : undefined,
  ]);
  await scheduler.waitFor(Promise.all([requests, others]));
  return { real, replies: await requests };
}

const given = fc.record({
  scheduler: fc.scheduler(),
  isLate: fc.boolean(),
  jobsEnd: fc.boolean(),
  hasRival: fc.constant(false),
});

test(
  "requests with one key, whatever comes between them, are one job and one reply",
  async () => {
    await fc.assert(
      fc.asyncProperty(given, async (what) => {
        const { real, replies } = await race(what);
        expect(new Set(replies.map((reply) => JSON.stringify(reply))).size).toBe(1);
        const [id = ""] = real.jobs.rows.keys();
        expect(replies[0]).toMatchObject({ status: 202, body: { id } });
        expect(real.jobs.rows.size).toBe(1);
        expect(real.executions.started).toEqual([id]);
        expect(real.vault.names()).toEqual(isFinished(real.jobs.row(id)) ? [] : [`${id}/${USER_ID}/login`]);
      }),
      { numRuns: RUNS },
    );
  },
  TIMEOUT_MS,
);

test(
  "beside another request for the same, they are its job or it is theirs",
  async () => {
    await fc.assert(
      fc.asyncProperty(given, async (what) => {
        const { real, replies } = await race({ ...what, hasRival: true });
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
      { numRuns: RUNS },
    );
  },
  TIMEOUT_MS,
);
