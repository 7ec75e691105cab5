import type { AccessPorts } from "../../functions/access/ports.ts";
import type { Clock } from "../../functions/jobs/domain/clock.ts";
import type { ClaimOn } from "../../functions/jobs/domain/job.ts";
import { LOCKOUT_MS, noteRefused, type RefusedLogins } from "../../functions/jobs/domain/login.ts";
import type {
  Claims,
  Executions,
  Ports,
  RefusedLoginNotes,
  Waker,
} from "../../functions/jobs/domain/ports.ts";
import type { Policy } from "../../functions/jobs/domain/queue.ts";
import { executionName } from "../../functions/jobs/store/executions.ts";
import { sealedFingerprints } from "../../functions/jobs/store/fingerprints.ts";
import { fakeClock } from "./fake-clock.ts";
import { fakeJobList, fakeSweptJobs } from "./fake-job-lists.ts";
import { fakeJobStore } from "./fake-job-store.ts";
import { fakeRequestCounts } from "./fake-request-counts.ts";
import { fakeReservations } from "./fake-reservations.ts";
import { fakeSealer, fakeVault } from "./fake-vault.ts";
import { scriptedUpstream } from "./scripted-upstream.ts";

/** Parts of the application in memory, to be looked into and to be spoilt. */
export function fakePorts() {
  const clock = fakeClock();
  const upstream = scriptedUpstream(clock);
  const jobs = fakeJobStore(clock);
  const executions = fakeExecutions();
  const sealer = fakeSealer();
  const policy: Policy = { queues: true, followLimitMs: 15 * 60_000 };
  let ids = 0;
  return {
    clock,
    upstream,
    jobs,
    vault: fakeVault(clock, sealer),
    sealer,
    claims: fakeClaims(),
    reservations: fakeReservations(clock),
    fingerprints: sealedFingerprints(sealer),
    refusedLogins: fakeRefusedLogins(clock),
    requestCounts: fakeRequestCounts(),
    executions,
    jobList: fakeJobList(jobs, clock),
    sweptJobs: fakeSweptJobs(jobs, clock),
    policy,
    waker: fakeWaker(),
    institutions: { institution: async (id: string) => upstream.institutions.get(id) },
    newId: () => `00000000-0000-4000-8000-${String(++ids).padStart(12, "0")}`,
  } satisfies Partial<Ports & AccessPorts>;
}

export type FakePorts = ReturnType<typeof fakePorts>;

export function fakeClaims(): Claims & { held: Map<string, string> } {
  const held = new Map<string, string>();
  return {
    held,
    holder: async (on) => held.get(keyOf(on)),
    take: async (on, jobId, from) => {
      const key = keyOf(on);
      if (held.get(key) !== from && held.get(key) !== jobId) return false;
      held.set(key, jobId);
      return true;
    },
  };
}

function keyOf(on: ClaimOn): string {
  return `${on.userId} ${"connectionId" in on ? `connection ${on.connectionId}` : on.institutionId}`;
}

export interface FakeExecutions extends Executions {
  /** Ids of jobs, once for each execution that was started. */
  readonly started: string[];
  /** Thrown by the next calls of `start`. */
  readonly failures: Error[];
  /** By job and generation, such as `5e0c4c1e…-1`. */
  readonly states: Map<string, "running" | "ended">;
}

/** Executions that only begin and are stopped; a test runs what they would. */
export function fakeExecutions(): FakeExecutions {
  const started: string[] = [];
  const failures: Error[] = [];
  const states = new Map<string, "running" | "ended">();
  return {
    started,
    failures,
    states,
    start: async (job) => {
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      const name = executionName(job);
      if (states.has(name)) return;
      states.set(name, "running");
      started.push(job.id);
    },
    state: async (job) => states.get(executionName(job)) ?? "missing",
    stop: async (job) => {
      if (states.has(executionName(job))) states.set(executionName(job), "ended");
    },
  };
}

export function fakeRefusedLogins(clock: Clock): RefusedLoginNotes & { rows: Map<string, RefusedLogins> } {
  const rows = new Map<string, RefusedLogins>();
  return {
    rows,
    find: async (userId, institutionId) => structuredClone(rows.get(`${userId} ${institutionId}`)),
    note: async (userId, institutionId, jobId) => {
      const key = `${userId} ${institutionId}`;
      const noted = noteRefused(rows.get(key), jobId, clock.after(LOCKOUT_MS));
      if (noted !== undefined) rows.set(key, noted);
    },
    clear: async (userId, institutionId) => {
      rows.delete(`${userId} ${institutionId}`);
    },
  };
}

export interface FakeWaker extends Waker {
  /** Every call. */
  readonly woken: { token: string; challengeNumber: number }[];
  /** By token: the number that its Task ended with. A Task ends once. */
  readonly received: Map<string, number>;
}

export function fakeWaker(): FakeWaker {
  const woken: FakeWaker["woken"] = [];
  const received = new Map<string, number>();
  return {
    woken,
    received,
    wake: async (taskToken, challengeNumber) => {
      const token = taskToken.reveal();
      woken.push({ token, challengeNumber });
      if (!received.has(token)) received.set(token, challengeNumber);
    },
  };
}
