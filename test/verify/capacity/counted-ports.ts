import type { AccessPorts } from "../../../functions/access/ports.ts";
import { isFinished, type Job } from "../../../functions/jobs/domain/job.ts";
import { eventTypesOf } from "../../../functions/jobs/domain/job-events.ts";
import type { Ports } from "../../../functions/jobs/domain/ports.ts";
import type { Policy } from "../../../functions/jobs/domain/queue.ts";
import { activityOf } from "../../../functions/jobs/domain/running.ts";
import { sealedFingerprints } from "../../../functions/jobs/store/fingerprints.ts";
import { SWEEP_SHARDS } from "../../../functions/jobs/store/job-store.ts";
import {
  fakeClaims,
  fakeJobStore,
  fakeOutages,
  fakePorts,
  fakeRefusedLogins,
  fakeRequestCounts,
  fakeReservations,
  fakeSealer,
  fakeSweptJobs,
  fakeVault,
  fakeWaiterSlots,
} from "../../support/fake-ports.ts";
import { seededIds } from "../../support/seeded-ids.ts";
import type { Account, Tokens } from "./account.ts";
import type { QuotaName } from "./quotas.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** Units of a write of a job, one for each kB: a new one, one whose connection has a name, and one with the sealed token of a Task. */
const NEW_JOB_WRITE = 1;
const JOB_WRITE = 2;
const JOB_WRITE_WITH_TOKEN = 3;
/** DynamoDB reads 4 kB with one unit; an eventually consistent read takes half of one. */
const READ = { "jobs table, reads": 1 } as const;
const GLANCE = { "jobs table, reads": 0.5 } as const;
/** A row with the attribute `owner` is in an index too. */
const WRITE = { "jobs table, writes": 1 } as const;
const OWNED_WRITE = { "jobs table, writes": 2 } as const;
const SECRET_READ = { "secrets table, reads": 1 } as const;
const SECRET_WRITE = { "secrets table, writes": 1 } as const;
const KMS = { "KMS, symmetric": 1 } as const;

/** AWS says that an index follows its table usually within a fraction of a second. An assumption. */
const INDEX_LAG_MS = 500;

const runs = (job: Job | undefined) => Number(job?.sweepAt !== undefined && activityOf(job) === "running");

function sweepIndex(jobId: string): QuotaName {
  const shard = Number.parseInt(jobId.slice(-2), 16) % SWEEP_SHARDS;
  return `index swept-by-time ${shard}, writes` as QuotaName;
}

/** What a write of a job takes of the table, and of the sweeper's index if the job's entry there changes. */
function writeOf(before: Job | undefined, after: Job): Tokens {
  const moved = Number(before?.sweepAt !== undefined) + Number(after.sweepAt !== undefined);
  const isMoved = before?.sweepAt !== after.sweepAt;
  const hasToken = before?.sealedTaskToken !== undefined || after.sealedTaskToken !== undefined;
  const named = after.connectionId === undefined ? NEW_JOB_WRITE : JOB_WRITE;
  const units = hasToken ? JOB_WRITE_WITH_TOKEN : named;
  return { "jobs table, writes": units, ...(isMoved && { [sweepIndex(after.id)]: moved }) };
}

export interface CountedPortsOptions {
  time: VirtualTime;
  account: Account;
  policy: Policy;
  waiters: number;
  /** Is told of every write that changed a job. */
  onChange(before: Job, after: Job, events: number): void;
}

/**
 * The ports of the use cases, in memory, where each call takes the time and the tokens of the AWS calls that the real store makes.
 * A test compares the sums of a job with those of the benchmark, which counts the calls of the real stores.
 */
export function countedPorts({ time, account, policy, waiters, onChange }: CountedPortsOptions) {
  const clock = time.clock();
  const jobs = fakeJobStore(clock);
  const sealer = fakeSealer();
  const vault = fakeVault(clock, sealer);
  const claims = fakeClaims();
  const refusedLogins = fakeRefusedLogins(clock);
  const requestCounts = fakeRequestCounts();
  const outages = fakeOutages();
  const waiterSlots = fakeWaiterSlots(clock, waiters);
  const swept = fakeSweptJobs(jobs, clock);
  const call = account.call.bind(account);

  /** What the index shows, which is a little behind the rows. */
  let running = 0;

  function noteActivity(before: Job | undefined, after: Job): void {
    const change = runs(after) - runs(before);
    if (change !== 0) time.after(INDEX_LAG_MS, () => (running += change));
  }

  const counted = {
    clock,
    policy,
    jobs: {
      ...jobs,
      find: (id: string) => call(READ, () => jobs.find(id)),
      glance: (id: string) => call(GLANCE, () => jobs.glance(id)),
      add: async (job, over) => {
        // Its list and its owner are in indexes too.
        const { "jobs table, writes": units = 0, ...index } = writeOf(over, job);
        const isAdded = await call({ "jobs table, writes": units + 2, ...index }, () => jobs.add(job, over));
        if (isAdded) noteActivity(over, job);
        return isAdded;
      },
      drop: (job) => call({ "jobs table, writes": 4 }, () => jobs.drop(job)),
      record: async (before, change) => {
        const after = await recorded(before, change);
        noteActivity(before, after);
        onChange(before, after, eventTypesOf(before, after).length);
        return after;
      },
      markCleaned: (job) =>
        call({ "jobs table, writes": JOB_WRITE, [sweepIndex(job.id)]: 1 }, () => jobs.markCleaned(job)),
    },
    sweptJobs: {
      due: (banks) => call({ "index swept-by-time, reads": 6 + banks.length / 2 }, () => swept.due(banks)),
      postpone: (job, until) =>
        call({ "jobs table, writes": JOB_WRITE, [sweepIndex(job.id)]: 2 }, () => swept.postpone(job, until)),
      notQueued: async () => {
        const counted = await swept.notQueued();
        return call({ "index swept-by-time, reads": 4 + counted.size / 68 }, () => counted);
      },
      queued: (banks) => call({ "index swept-by-time, reads": 2 }, () => swept.queued(banks)),
      awaiting: (bank, which) =>
        call({ "index swept-by-time, reads": 0.5 }, () => swept.awaiting(bank, which)),
      running: () => call({ "index swept-by-time, reads": 2 + running / 68 }, () => running),
    },
    claims: {
      holder: (on) => call(READ, () => claims.holder(on)),
      take: (on, jobId, from) => call(OWNED_WRITE, () => claims.take(on, jobId, from)),
    },
    sealer: {
      seal: (ref, secret) => call(KMS, () => sealer.seal(ref, secret)),
      unseal: (ref, sealed) => call(KMS, () => sealer.unseal(ref, sealed)),
    },
    vault: {
      store: async (ref, secret, until) => {
        await call(KMS, () => undefined);
        await call(SECRET_WRITE, () => vault.store(ref, secret, until));
      },
      holds: (ref) => call(SECRET_READ, () => vault.holds(ref)),
      reveal: async (ref) => {
        await call(SECRET_READ, () => undefined);
        return call(KMS, () => vault.reveal(ref));
      },
      destroy: (ref) => call(SECRET_WRITE, () => vault.destroy(ref)),
    },
    refusedLogins: {
      find: (userId, bank) => call(READ, () => refusedLogins.find(userId, bank)),
      note: (userId, bank, jobId) => call(OWNED_WRITE, () => refusedLogins.note(userId, bank, jobId)),
      clear: (userId, bank) => call(WRITE, () => refusedLogins.clear(userId, bank)),
    },
    outages: {
      find: (bank) => call(READ, () => outages.find(bank)),
      // No bank of the simulation is down, so nothing of it is written.
      change: (bank, decide) => call(READ, () => outages.change(bank, decide)),
      awaited: () => call({ "index swept-by-time, reads": 0.5 }, () => outages.awaited()),
    },
    requestCounts: {
      // The first request of a window adds the row to the index of its owner.
      add: (limit, of, window) => call(OWNED_WRITE, () => requestCounts.add(limit, of, window)),
    },
    erasures: {
      ...fakePorts().erasures,
      isErased: () => call(GLANCE, () => false),
      due: () => call(READ, () => []),
    },
    waiterSlots: {
      free: () => call({ "jobs table, reads": 0.5 * waiters }, () => waiterSlots.free()),
      take: (lease) => call(WRITE, () => waiterSlots.take(lease)),
      release: (lease) => call(WRITE, () => waiterSlots.release(lease)),
    },
    eventEraser: { erase: async () => undefined },
    linkEraser: { erase: async () => undefined },
    reservations: fakeReservations(clock),
    fingerprints: sealedFingerprints(sealer),
  } satisfies Partial<Ports & AccessPorts> & Record<string, unknown>;

  async function recorded(...[before, change]: Parameters<typeof jobs.record>): Promise<Job> {
    // What it takes depends on what it makes of the row, so it is tried on a copy first.
    return call(await tokensOf(before, change), () => jobs.record(before, change));
  }

  async function tokensOf(...[before, change]: Parameters<typeof jobs.record>): Promise<Tokens> {
    const trial = fakeJobStore(clock);
    trial.put(before);
    return writeOf(before, await trial.record(before, change));
  }

  return {
    ports: counted,
    rows: jobs.rows,
    secrets: () => vault.names(),
    /** Forgets an ended job, of which nobody asks any more. The real rows stay for weeks, and take nothing. */
    forget(job: Job): void {
      if (!isFinished(job) || job.sweepAt !== undefined) return;
      jobs.rows.delete(job.id);
      jobs.written.length = 0;
      for (const map of [claims.held, refusedLogins.rows, requestCounts.counts]) {
        for (const key of [
          `${job.userId} ${job.institutionId}`,
          `${job.userId} connection ${job.connectionId}`,
        ]) {
          map.delete(key);
        }
      }
    },
    forgetCounts: () => requestCounts.counts.clear(),
    ids: (seed: number) => {
      let [batch, left] = [0, [] as string[]];
      return () => {
        if (left.length === 0) left = seededIds(seed + batch++, 1_000);
        return left.pop() ?? "";
      };
    },
  };
}
