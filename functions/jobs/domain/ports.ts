import type { Clock } from "./clock.ts";
import type { Fingerprint, KeyedRequest, Reservation } from "./idempotency.ts";
import type { Institution } from "./institution.ts";
import type { ClaimOn, Job } from "./job.ts";
import type { Login, RefusedLogins } from "./login.ts";
import type { Counted } from "./measurements.ts";
import type { Measurement, UpstreamCall } from "./metrics.ts";
import type { Outage } from "./outage.ts";
import type { Policy } from "./queue.ts";
import type { Secret, SecretRef } from "./secret.ts";
import type { JobChange } from "./transitions.ts";
import type { Connection, ListedJob, Posted, UpstreamJob } from "./upstream-job.ts";
import type { SlotLease } from "./waiting.ts";

/*
 * The ports through which jobs reach stores and services. `test/conformance` has a suite for each port.
 */

export interface Ports {
  newId(): string;
  clock: Clock;
  jobs: JobStore;
  jobList: JobList;
  sweptJobs: SweptJobs;
  claims: Claims;
  reservations: Reservations;
  fingerprints: Fingerprints;
  refusedLogins: RefusedLoginNotes;
  outages: Outages;
  erasures: Erasures;
  eventEraser: EventEraser;
  linkEraser: LinkEraser;
  sealer: Sealer;
  vault: Vault;
  executions: Executions;
  waker: Waker;
  waiterSlots: WaiterSlots;
  policy: Policy;
  upstream: Upstream;
  /** Institutions that may be a minute old. */
  institutions: Pick<Upstream, "institution">;
}

export interface JobStore {
  /** Never returns an older version than an earlier call did. */
  find(jobId: string): Promise<Job | undefined>;
  /** As {@link JobStore.find}, but may miss what was written within the last second. */
  glance(jobId: string): Promise<Job | undefined>;
  /**
   * Adds a job, or replaces the version of it that was read as `over`. Returns false if any other row exists,
   * including our own write whose response was lost.
   */
  add(job: Job, over?: Job): Promise<boolean>;
  /** Deletes a job. Returns false if it changed since it was read, or does not exist. */
  drop(job: Job): Promise<boolean>;
  /** Applies an event and writes the outcome. Throws `JobChanged` if the row is not `before` any more. */
  record(before: Job, change: JobChange): Promise<Job>;
  /** Removes a finished job from the sweeper's list, after its clean-up. */
  markCleaned(job: Job): Promise<void>;
}

export interface JobsPage {
  /** Newest first. */
  jobs: Job[];
  /** The cursor at which the next page begins; `undefined` on the last page. */
  next: string | undefined;
}

export interface JobList {
  /**
   * Returns a page of the jobs of a user for which `wanted` is true, in their current state. An earlier version may
   * have stored some of the jobs under the user's id in other capitals, so a user may have several ids. A job that
   * was accepted within the last second may be missing.
   */
  page(
    userIds: readonly string[],
    options: { limit: number; from: string | undefined; wanted: (job: Job) => boolean },
  ): Promise<JobsPage>;
}

/** The jobs on the sweeper's list: jobs that are not finished, or not cleaned up. */
export interface SweptJobs {
  /**
   * Returns the ids of the due jobs, the longest overdue first; of those that wait for one of the given banks, only those whose last
   * attempt is due. Returns only some of them if very many are due.
   */
  due(institutionIds: readonly string[]): Promise<string[]>;
  /** Postpones the next check of a job. Does nothing if the job has changed since it was read. */
  postpone(job: Job, until: string): Promise<void>;
  /** Returns the jobs that wait for a bank, the longest waiting first. May miss what was written within the last second. */
  awaiting(institutionId: string, which: { limit: number; after?: string }): Promise<Waiting[]>;
  /** Counts the jobs that need functions now: neither queued nor idle. All counts may be about a second old. */
  running(): Promise<number>;
  /** Counts the jobs that are not in the queue. Reads them all. */
  notQueued(): Promise<Counted>;
  /** Counts the jobs in the queue, also those that wait for one of the given banks. Reads them all. */
  queued(institutionIds: readonly string[]): Promise<Counted>;
}

/** A job that waits for its bank. */
export interface Waiting {
  jobId: string;
  /** Where the job stands among those that wait for the bank. */
  place: string;
}

/** How the bank of jobs in the queue does. */
export interface Outages {
  find(institutionId: string): Promise<Outage>;
  /**
   * Reads, decides and writes, until no other writer comes in between. `decide` returns `undefined` if nothing has to change.
   * Returns what is stored then. Throws `JobChanged` if others write all the time.
   */
  change(institutionId: string, decide: (outage: Outage) => Outage | undefined): Promise<Outage>;
  /** Returns the banks for which jobs wait. May miss what was written within the last second. */
  awaited(): Promise<string[]>;
}

export interface Claims {
  /** Returns the id of the job that holds the claim, finished or not. */
  holder(on: ClaimOn): Promise<string | undefined>;
  /** Compare-and-swap. Returns false if the holder is neither `from` nor the job itself. */
  take(on: ClaimOn, jobId: string, from: string | undefined): Promise<boolean>;
}

export interface Reservations {
  find(request: KeyedRequest): Promise<Reservation | undefined>;
  /** Compare-and-swap. Returns false if the reservation is not `from` any more. */
  write(request: KeyedRequest, next: Reservation, from: Reservation | undefined): Promise<boolean>;
  /** Does nothing if the reservation has changed. */
  remove(request: KeyedRequest, reservation: Reservation): Promise<void>;
}

export interface Fingerprints {
  take(ref: SecretRef, text: Secret): Promise<Fingerprint>;
  matches(ref: SecretRef, text: Secret, fingerprint: Fingerprint): Promise<boolean>;
}

/** The logins in a row that banks refused, by user and institution. */
export interface RefusedLoginNotes {
  find(userId: string, institutionId: string): Promise<RefusedLogins | undefined>;
  /** Records the refused login of a job. Recording the same job again changes nothing. */
  note(userId: string, institutionId: string, jobId: string): Promise<void>;
  clear(userId: string, institutionId: string): Promise<void>;
}

/** The erasure of a user. It names the user by a hash only. */
export interface Erasure {
  owner: string;
  /** ISO 8601. */
  begunAt: string;
}

/** The rows of erased users. */
export interface Erasures {
  /** Returns whether the user was erased within the last two days. */
  isErased(userId: string): Promise<boolean>;
  /** From now on, nothing is written for the user. An erasure that was begun before starts again. */
  begin(userId: string): Promise<Erasure>;
  /** Returns the erasures whose next round is due. */
  due(): Promise<Erasure[]>;
  /** Returns the rows of the user. A row that was written within the last second may be missing. */
  rowsOf(erasure: Erasure): Promise<OwnedRow[]>;
  remove(row: OwnedRow): Promise<void>;
  /** Sets the next round of an erasure; `undefined` after its last round. */
  schedule(erasure: Erasure, nextRound: Date | undefined): Promise<void>;
}

/** The events of erased users. */
export interface EventEraser {
  /** Deletes the events of a user, whom a hash names as in `Erasure`. From now on, none is stored. */
  erase(owner: string): Promise<void>;
}

/** The links of erased users. */
export interface LinkEraser {
  /** Erases the link of a user, whom a hash names as in `Erasure`. */
  erase(owner: string): Promise<void>;
}

export interface OwnedRow {
  key: string;
  /** For the row of a job. */
  jobId?: string;
}

/** Encrypts without storing. */
export interface Sealer {
  seal(ref: SecretRef, secret: Secret): Promise<Uint8Array>;
  /** Throws if the secret was sealed under another reference. */
  unseal(ref: SecretRef, sealed: Uint8Array): Promise<Secret>;
}

/** Stores sealed secrets in their own table. */
export interface Vault {
  /** Stores a secret. The first secret under a reference wins: storing a second secret changes nothing. */
  store(ref: SecretRef, secret: Secret, until: Date): Promise<void>;
  holds(ref: SecretRef): Promise<boolean>;
  /**
   * Returns `undefined` if the secret is missing or expired. Throws `SealBroken` if it was sealed under another
   * reference, or is damaged.
   */
  reveal(ref: SecretRef): Promise<Secret | undefined>;
  destroy(ref: SecretRef): Promise<void>;
}

/** `missing`: no execution of that job and generation was ever started. */
export type ExecutionState = "missing" | "running" | "ended";

/** Executions of the workflow, one for each generation of a job. */
export interface Executions {
  /** Starts the execution of the job's generation. Starting it again is no error. */
  start(job: Pick<Job, "id" | "generation">): Promise<void>;
  state(job: Pick<Job, "id" | "generation">): Promise<ExecutionState>;
  /** Stops an execution. An execution that has ended, or never started, is no error. */
  stop(job: Pick<Job, "id" | "generation">): Promise<void>;
}

export interface Waker {
  /** Wakes the workflow that waits for an answer. An expired token is no error: the job's row decides. */
  wake(taskToken: Secret, challengeNumber: number): Promise<void>;
}

/** The slots of the requests that wait for a change of a job. A deployment has a fixed number of them. */
export interface WaiterSlots {
  /** Returns the free slots. What changed within the last second may be missing. */
  free(): Promise<number[]>;
  /** Returns false if another lease holds the slot. Taking it again with the same lease is no error. */
  take(lease: SlotLease): Promise<boolean>;
  /** Frees the slot. Does nothing if the lease does not hold it any more. */
  release(lease: SlotLease): Promise<void>;
}

/**
 * The aggregator, called `upstream` in names. Every call throws `UpstreamUnavailable` or `UpstreamRefused` if it
 * fails. While the aggregator has asked for a pause, calls throw `UpstreamUnavailable` and send nothing.
 */
export interface Upstream {
  institution(institutionId: string): Promise<Institution | undefined>;
  /** Returns `undefined` if the user has no such connection. */
  connection(userId: string, connectionId: string): Promise<Connection | undefined>;
  connectionsOf(userId: string): Promise<Connection[]>;
  /** Never retries by itself once the request may have arrived. */
  openConnection(userId: string, institutionId: string, login: Login): Promise<Posted>;
  /** As {@link Upstream.openConnection}, with a new login for an existing connection. */
  updateConnection(userId: string, connectionId: string, login: Login): Promise<Posted>;
  /** As {@link Upstream.openConnection}, with the login that the aggregator has. */
  refreshConnection(userId: string, connectionId: string): Promise<Posted>;
  job(upstreamJobId: string): Promise<UpstreamJob>;
  /** Returns a user's jobs, or those of one connection. */
  jobsOf(userId: string, connectionId?: string): Promise<ListedJob[]>;
  /** Answers for this user. Never retries by itself once the request may have arrived. */
  answer(userId: string, upstreamJobId: string, answers: readonly Secret[]): Promise<void>;
}

/** Not for use cases: the stores and the aggregator client that they receive measure themselves. */
export interface Metrics {
  /**
   * Never throws and never waits: a measurement that fails is lost. `at` is the time of the
   * event; it defaults to now.
   */
  measure(derive: () => Iterable<Measurement>, at?: Date): void;
}

/** Receives every call to the aggregator. */
export interface UpstreamWatch extends Metrics {
  /** Never throws. `error` is the error that the call threw, if it failed. */
  called(call: UpstreamCall, durationMs: number, error?: unknown): void;
}
