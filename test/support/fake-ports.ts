import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from "node:crypto";
import { apiKeyHash, apiKeyId } from "../../functions/access/api-keys.ts";
import type { TokenClaims } from "../../functions/access/caller.ts";
import type { AccessPorts, ApiKeys, TokenIssuer, TokenVerifier } from "../../functions/access/ports.ts";
import type { RequestCounts } from "../../functions/access/rate-limit.ts";
import type { Clock } from "../../functions/jobs/domain/clock.ts";
import { firstRoundAt } from "../../functions/jobs/domain/erasure.ts";
import { JobChanged } from "../../functions/jobs/domain/errors.ts";
import type { KeyedRequest, Reservation } from "../../functions/jobs/domain/idempotency.ts";
import type { ClaimOn, Job } from "../../functions/jobs/domain/job.ts";
import { LOCKOUT_MS, noteRefused, type RefusedLogins } from "../../functions/jobs/domain/login.ts";
import type { Outage } from "../../functions/jobs/domain/outage.ts";
import type {
  Claims,
  Erasure,
  Erasures,
  Executions,
  JobList,
  JobStore,
  Outages,
  Ports,
  RefusedLoginNotes,
  Reservations,
  Sealer,
  SweptJobs,
  Vault,
  WaiterSlots,
  Waker,
} from "../../functions/jobs/domain/ports.ts";
import type { Policy } from "../../functions/jobs/domain/queue.ts";
import { Refusal } from "../../functions/jobs/domain/refusal.ts";
import { activityOf } from "../../functions/jobs/domain/running.ts";
import { Secret, type SecretRef } from "../../functions/jobs/domain/secret.ts";
import { applyEvent } from "../../functions/jobs/domain/sweep.ts";
import {
  DEFAULT_RETENTION_DAYS,
  ERASURE_TTL_MS,
  storedUntil,
} from "../../functions/jobs/domain/times-to-live.ts";
import { isLegal } from "../../functions/jobs/domain/transitions.ts";
import { DEFAULT_WAITERS, type SlotLease } from "../../functions/jobs/domain/waiting.ts";
import { executionName } from "../../functions/jobs/store/executions.ts";
import { sealedFingerprints } from "../../functions/jobs/store/fingerprints.ts";
import { namingBrokenSeals } from "../../functions/jobs/store/vault.ts";
import { fakeClock } from "./fake-clock.ts";
import { scriptedUpstream } from "./scripted-aggregator.ts";

export interface FakeJobStore extends JobStore {
  readonly rows: Map<string, Job>;
  /** Every version of every job that was ever written, in the order of writing. */
  readonly written: Job[];
  /** The row; fails the test when there is none. */
  row(jobId: string): Job;
  put(job: Job): Job;
}

/** Whether a job can still be read: the default retention since its last change has not passed. */
function isReadable({ updatedAt }: Job, now: Date): boolean {
  return storedUntil(updatedAt, DEFAULT_RETENTION_DAYS) * 1000 > now.getTime();
}

/** Jobs in memory, under the real transitions and the write conditions of the real store. */
export function fakeJobStore(clock: Clock): FakeJobStore {
  const rows = new Map<string, Job>();
  const written: Job[] = [];

  function put(job: Job): Job {
    const stored = structuredClone(job);
    rows.set(job.id, stored);
    written.push(stored);
    return job;
  }

  const find = async (jobId: string) => {
    const row = rows.get(jobId);
    return row !== undefined && isReadable(row, clock.now()) ? structuredClone(row) : undefined;
  };

  return {
    rows,
    written,
    put,
    row(jobId) {
      const job = rows.get(jobId);
      if (job === undefined) throw new Error(`no job ${jobId}`);
      return job;
    },
    find,
    glance: find,
    add: async (job, over) => {
      const row = rows.get(job.id);
      if (row?.version !== over?.version || row?.createdAt !== over?.createdAt) return false;
      put(job);
      return true;
    },
    drop: async ({ id, version, createdAt }) => {
      const row = rows.get(id);
      return row?.version === version && row.createdAt === createdAt && rows.delete(id);
    },
    record: async (before, change) => {
      const after = applyEvent(before, change, clock);
      const current = rows.get(before.id);
      if (current?.version !== before.version || !isLegal(change.event, current.phase))
        throw new JobChanged();
      return put(after);
    },
    markCleaned: async (job) => {
      const row = rows.get(job.id);
      if (row?.version === job.version) rows.set(job.id, { ...row, sweepAt: undefined });
    },
  };
}

/** The lists of users' jobs, over the jobs of a store in memory. */
export function fakeJobList(jobs: FakeJobStore, clock: Clock): JobList {
  return {
    page: async (userIds, { limit, from, wanted }) => {
      const found = [...jobs.rows.values()]
        .filter((job) => userIds.includes(job.userId) && isReadable(job, clock.now()))
        .filter((job) => from === undefined || placeOf(job) < from)
        .toSorted((a, b) => (placeOf(a) < placeOf(b) ? 1 : -1))
        .filter(wanted);
      const page = found.slice(0, limit);
      const last = found.length > limit ? page.at(-1) : undefined;
      return { jobs: structuredClone(page), next: last && placeOf(last) };
    },
  };
}

function placeOf({ createdAt, id }: Job): string {
  return `${createdAt}_${id}`;
}

/** What the sweeper finds of the jobs of a store in memory: those that have a time for it. */
export function fakeSweptJobs(jobs: FakeJobStore, clock: Clock): SweptJobs {
  const swept = () => [...jobs.rows.values()].flatMap((job) => (job.sweepAt === undefined ? [] : [job]));

  const isAt = ({ phase, queue, institutionId }: Job, bank: string) =>
    phase === "queued" && queue?.waitsFor === "bank" && institutionId === bank;
  const isGeneral = (job: Job) => !isAt(job, job.institutionId);
  const byTime = (some: Job[]) =>
    some.toSorted((a, b) => Date.parse(a.sweepAt ?? "") - Date.parse(b.sweepAt ?? ""));

  return {
    due: async (institutionIds) =>
      byTime(swept().filter((job) => isGeneral(job) || institutionIds.includes(job.institutionId)))
        .filter(({ sweepAt = "" }) => clock.msUntil(new Date(sweepAt)) <= 0)
        .map(({ id }) => id),
    postpone: async (job, until) => {
      const row = jobs.rows.get(job.id);
      if (row?.version === job.version) jobs.rows.set(job.id, { ...row, sweepAt: until });
    },
    awaiting: async (institutionId, { limit, after = "" }) =>
      byTime(swept().filter((job) => isAt(job, institutionId)))
        .flatMap(({ id, sweepAt: place = "" }) => [{ jobId: id, place }])
        .filter(({ place }) => place > after)
        .slice(0, limit),
    running: async () => swept().filter((job) => activityOf(job) === "running").length,
    notQueued: async () => {
      const running = swept().filter(({ phase }) => phase !== "queued");
      const runsSince = ({ queue, createdAt, updatedAt }: Job) => (queue ? updatedAt : createdAt);
      return { size: running.length, oldest: running.map(runsSince).toSorted()[0] };
    },
    queued: async (institutionIds) => {
      const queued = swept()
        .filter(({ phase }) => phase === "queued")
        .filter((job) => isGeneral(job) || institutionIds.includes(job.institutionId));
      return { size: queued.length, oldest: queued.map(({ createdAt }) => createdAt).toSorted()[0] };
    },
  };
}

/** What jobs met at banks, in memory. */
export function fakeOutages(): Outages & { rows: Map<string, Outage> } {
  const rows = new Map<string, Outage>();
  const find = (institutionId: string) => rows.get(institutionId) ?? { institutionId, failed: [] };
  return {
    rows,
    find: async (institutionId) => structuredClone(find(institutionId)),
    change: async (institutionId, decide) => {
      const found = structuredClone(find(institutionId));
      const after = decide(found);
      if (after !== undefined) rows.set(institutionId, structuredClone(after));
      return after ?? found;
    },
    awaited: async () =>
      [...rows.values()].flatMap(({ institutionId, awaitedAt }) => (awaitedAt ? [institutionId] : [])),
  };
}

export interface FakeReservations extends Reservations {
  /** By user and key. */
  readonly rows: Map<string, Reservation>;
}

/** Reservations in memory, under the real compare-and-swap. */
export function fakeReservations(clock: Clock): FakeReservations {
  const rows = new Map<string, Reservation>();
  const find = (request: KeyedRequest) => {
    const row = rows.get(requestName(request));
    return row !== undefined && row.expiresAt * 1000 > clock.now().getTime() ? row : undefined;
  };
  return {
    rows,
    find: async (request) => structuredClone(find(request)),
    write: async (request, next, from) => {
      const row = find(request);
      if (row !== undefined && row.writeId !== from?.writeId) return false;
      rows.set(requestName(request), structuredClone(next));
      return true;
    },
    remove: async (request, { writeId }) => {
      if (rows.get(requestName(request))?.writeId === writeId) rows.delete(requestName(request));
    },
  };
}

function requestName({ userId, key }: KeyedRequest): string {
  return `${userId} ${key}`;
}

/** Counts in memory, by whose they are and the number of the window: such as `user u 5900000`. */
export function fakeRequestCounts(): RequestCounts & { counts: Map<string, number> } {
  const counts = new Map<string, number>();
  return {
    counts,
    add: async (limit, of, { number }) => {
      const name = `${limit} ${of} ${number}`;
      const counted = (counts.get(name) ?? 0) + 1;
      counts.set(name, counted);
      return counted;
    },
  };
}

const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** KMS encrypts no more at once. */
const MAX_BYTES = 4096;

const nameOf = ({ jobId, userId, purpose }: SecretRef) => `${jobId}/${userId}/${purpose}`;

/** Seals in memory, with the limits and the error names of KMS. */
export function fakeSealer(): Sealer {
  const key = randomBytes(32);
  return {
    seal: async (ref, secret) => {
      const text = Buffer.from(secret.reveal());
      if (text.length > MAX_BYTES) throw failure("ValidationException");
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(nameOf(ref)));
      const encrypted = Buffer.concat([cipher.update(text), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), encrypted]);
    },
    unseal: async (ref, sealed) => {
      const bytes = Buffer.from(sealed);
      try {
        const tag = bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
        const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), {
          authTagLength: TAG_BYTES,
        })
          .setAAD(Buffer.from(nameOf(ref)))
          .setAuthTag(tag);
        const text = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES));
        return new Secret(Buffer.concat([text, decipher.final()]).toString());
      } catch {
        throw failure("InvalidCiphertextException");
      }
    },
  };
}

function failure(name: string): Error {
  return Object.assign(new Error("The fake sealer refused this."), { name });
}

export interface FakeVault extends Vault {
  /** The names of the secrets that have not expired: `job/user/purpose`. */
  names(): string[];
}

/** Sealed secrets in memory. As in the table, the user is no part of the key, and the expiry is in whole seconds. */
export function fakeVault(clock: Clock, sealer: Sealer = fakeSealer()): FakeVault {
  const rows = new Map<string, { name: string; sealed: Uint8Array; expiresAt: number }>();
  const { unseal } = namingBrokenSeals(sealer);
  const isOver = ({ expiresAt }: { expiresAt: number }) => expiresAt * 1000 <= clock.now().getTime();
  const sealedOf = (ref: SecretRef) => {
    const row = rows.get(secretKey(ref));
    return row === undefined || isOver(row) ? undefined : row.sealed;
  };
  return {
    names: () => [...rows.values()].filter((row) => !isOver(row)).map(({ name }) => name),
    store: async (ref, secret, until) => {
      const sealed = await sealer.seal(ref, secret);
      if (rows.has(secretKey(ref))) return;
      rows.set(secretKey(ref), { name: nameOf(ref), sealed, expiresAt: Math.ceil(until.getTime() / 1000) });
    },
    holds: async (ref) => sealedOf(ref) !== undefined,
    reveal: async (ref) => {
      const sealed = sealedOf(ref);
      return sealed === undefined ? undefined : unseal(ref, sealed);
    },
    destroy: async (ref) => {
      rows.delete(secretKey(ref));
    },
  };
}

function secretKey({ jobId, purpose }: SecretRef): string {
  return `${jobId}/${purpose}`;
}

const TOKEN_LIFE_SECONDS = 3600;

/** API keys in memory: these are valid, and no other one is. */
export function fakeApiKeys(...valid: readonly string[]): ApiKeys {
  const hashes = valid.map((text) => apiKeyHash(new Secret(text)));
  return {
    idOf: async (apiKey) => hashes.filter((hash) => hash === apiKeyHash(apiKey)).map(apiKeyId)[0],
  };
}

export interface FakeTokens extends TokenIssuer, TokenVerifier {
  /** The claims of every token, in the order of issuing. */
  readonly issued: TokenClaims[];
}

/** Tokens in memory, which expire by the clock. */
export function fakeTokens(clock: Clock): FakeTokens {
  const issued: TokenClaims[] = [];
  const tokens = new Map<string, { claims: TokenClaims; until: Date }>();
  return {
    issued,
    issue: async (claims) => {
      const token = randomUUID();
      tokens.set(token, { claims, until: clock.after(TOKEN_LIFE_SECONDS * 1000) });
      issued.push(claims);
      return { accessToken: new Secret(token), expiresInSeconds: TOKEN_LIFE_SECONDS };
    },
    verify: async (token) => {
      const found = tokens.get(token);
      if (found === undefined) throw new Refusal("token-not-valid");
      if (found.until <= clock.now()) throw new Refusal("token-expired");
      return found.claims;
    },
  };
}

/** Parts of the application in memory, to be looked into and to be spoilt. */
function fakeEraser() {
  const erased: string[] = [];
  return { erased, erase: async (owner: string) => void erased.push(owner) };
}

export function fakePorts() {
  const clock = fakeClock();
  const upstream = scriptedUpstream(clock);
  const jobs = fakeJobStore(clock);
  const executions = fakeExecutions();
  const sealer = fakeSealer();
  const policy: Policy = { queues: true, followLimitMs: 15 * 60_000, followSliceMs: 12_000 };
  const claims = fakeClaims();
  const reservations = fakeReservations(clock);
  const refusedLogins = fakeRefusedLogins(clock);
  const requestCounts = fakeRequestCounts();
  const ofUsers = [claims.held, reservations.rows, refusedLogins.rows, requestCounts.counts];
  let ids = 0;
  return {
    clock,
    upstream,
    jobs,
    vault: fakeVault(clock, sealer),
    sealer,
    claims,
    reservations,
    erasures: fakeErasures(clock, jobs, ofUsers),
    eventEraser: fakeEraser(),
    linkEraser: fakeEraser(),
    fingerprints: sealedFingerprints(sealer),
    refusedLogins,
    outages: fakeOutages(),
    requestCounts,
    executions,
    jobList: fakeJobList(jobs, clock),
    sweptJobs: fakeSweptJobs(jobs, clock),
    policy,
    waker: fakeWaker(),
    waiterSlots: fakeWaiterSlots(clock),
    institutions: { institution: async (id: string) => upstream.institutions.get(id) },
    newId: () => `00000000-0000-4000-8000-${String(++ids).padStart(12, "0")}`,
  } satisfies Partial<Ports & AccessPorts>;
}

export type FakePorts = ReturnType<typeof fakePorts>;

/** Erasures in memory, over the rows of the other stores, whose names begin with their user. */
function fakeErasures(clock: Clock, jobs: FakeJobStore, others: readonly Map<string, unknown>[]): Erasures {
  const rows = new Map<string, { begunAt: string; nextRound: Date | undefined; until: Date }>();
  const write = ({ owner, begunAt }: Erasure, nextRound: Date | undefined) =>
    rows.set(owner, { begunAt, nextRound, until: clock.after(ERASURE_TTL_MS) });
  return {
    isErased: async (userId) => clock.msUntil(rows.get(userId)?.until ?? new Date(0)) > 0,
    begin: async (owner) => {
      const erasure = { owner, begunAt: clock.now().toISOString() };
      write(erasure, firstRoundAt(clock));
      return erasure;
    },
    due: async () =>
      [...rows].flatMap(([owner, { begunAt, nextRound }]) =>
        nextRound !== undefined && clock.msUntil(nextRound) <= 0 ? [{ owner, begunAt }] : [],
      ),
    rowsOf: async ({ owner }) => [
      ...[...jobs.rows.values()]
        .filter(({ userId }) => userId === owner)
        .map(({ id }) => ({ key: id, jobId: id })),
      ...others.flatMap((map) =>
        [...map.keys()]
          .filter((name) => name.replace(/^user /, "").startsWith(`${owner} `))
          .map((key) => ({ key })),
      ),
    ],
    remove: async ({ key }) => {
      for (const map of [jobs.rows, ...others]) map.delete(key);
    },
    schedule: async (erasure, nextRound) => {
      write(erasure, nextRound);
    },
  };
}

export function fakeClaims(): Claims & { held: Map<string, string> } {
  const held = new Map<string, string>();
  return {
    held,
    holder: async (on) => held.get(claimName(on)),
    take: async (on, jobId, from) => {
      const key = claimName(on);
      if (held.get(key) !== from && held.get(key) !== jobId) return false;
      held.set(key, jobId);
      return true;
    },
  };
}

function claimName(on: ClaimOn): string {
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

export interface FakeWaiterSlots extends WaiterSlots {
  /** The leases that were not released, by slot. */
  readonly leases: Map<number, SlotLease>;
}

export function fakeWaiterSlots(clock: Clock, count = DEFAULT_WAITERS): FakeWaiterSlots {
  const leases = new Map<number, SlotLease>();
  const holder = (slot: number) => {
    const lease = leases.get(slot);
    return lease !== undefined && lease.until > clock.now() ? lease.id : undefined;
  };
  return {
    leases,
    free: async () =>
      Array.from({ length: count }, (_, slot) => slot).filter((slot) => holder(slot) === undefined),
    take: async (lease) => {
      const held = holder(lease.slot);
      if (held !== undefined && held !== lease.id) return false;
      leases.set(lease.slot, lease);
      return true;
    },
    release: async ({ slot, id }) => {
      if (leases.get(slot)?.id === id) leases.delete(slot);
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
