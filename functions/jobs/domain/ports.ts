import type { RateLimit, RateWindow } from "../../access/rate-limit.ts";
import type { ClaimOn } from "./claim-on.ts";
import type { Fingerprints, Reservations } from "./idempotency.ts";
import type { Job } from "./job.ts";
import type { JobList, SweptJobs } from "./job-list-ports.ts";
import type { RefusedLogins } from "./lockout.ts";
import type { Measurement, UpstreamCall } from "./metrics.ts";
import type { Policy } from "./queue.ts";
import type { Secret } from "./secret.ts";
import type { ApiKeys, Sealer, TokenIssuer, TokenVerifier, Vault } from "./secret-ports.ts";
import type { JobChange } from "./transitions.ts";
import type { ConnectionList, Connections, Upstream } from "./upstream-ports.ts";

/** Durations are nominal: a scaled clock divides them, and only it knows. */
export interface Clock {
  now(): Date;
  /** The moment that lies a duration ahead. */
  after(ms: number): Date;
  /** How much of a duration is left until a moment; below zero when it has passed. */
  msUntil(moment: Date): number;
  sleep(ms: number): Promise<void>;
}

/** Jobs, for those who take none any further. */
export interface JobRows {
  /** Never older than any earlier answer. */
  find(jobId: string): Promise<Job | undefined>;
  /**
   * Adds a job, or writes it over another one of its id, as that was read. False when there is anything else, if only what
   * this has just written, and of which no reply came.
   */
  add(job: Job, over?: Job): Promise<boolean>;
  /** Removes a job. False when it is not as it was read any more, or gone. */
  drop(job: Job): Promise<boolean>;
}

export interface JobStore extends JobRows {
  /** Applies an event and writes the outcome. Throws `JobChanged` when the row is not as `before` any more. */
  record(before: Job, change: JobChange): Promise<Job>;
  /** Notes that a job that is over has left nothing behind: the sweeper needs not look at it any more. */
  settle(job: Job): Promise<void>;
}

export interface Claims {
  /** The job that holds it, finished or not. */
  holder(on: ClaimOn): Promise<string | undefined>;
  /** Compare-and-swap; false when another holder than `from` was found, and than the job itself. */
  take(on: ClaimOn, jobId: string, from: string | undefined): Promise<boolean>;
}

/** Logins in a row that banks refused, by user and institution. */
export interface RefusedLoginNotes {
  find(userId: string, institutionId: string): Promise<RefusedLogins | undefined>;
  /** Noting the same job again changes nothing. */
  note(userId: string, institutionId: string, jobId: string): Promise<void>;
  clear(userId: string, institutionId: string): Promise<void>;
}

export interface RequestCounts {
  /** Adds one to the requests of somebody in a window, and gives how many there are with it. */
  add(limit: RateLimit, of: string, window: RateWindow): Promise<number>;
}

/** What is known of an execution. `missing`: none of that number was ever started. */
export type ExecutionState = "missing" | "running" | "ended";

export interface Workflow {
  /** Starts the execution that is to drive the job now. Starting a started one is no error. */
  start(job: Pick<Job, "id" | "generation">): Promise<void>;
}

/** Executions under the hands of whoever puts others in their place. */
export interface Executions extends Workflow {
  state(job: Pick<Job, "id" | "generation">): Promise<ExecutionState>;
  /** Stopping one that has ended, or never was, is no error. */
  stop(job: Pick<Job, "id" | "generation">): Promise<void>;
}

export interface Waker {
  /** Wakes the workflow that waits for an answer. A token that is over is no error: the row decides. */
  wake(taskToken: Secret, challengeNumber: number): Promise<void>;
}

/** Not for use cases: what they are given measures itself. */
export interface Metrics {
  /** Never throws and never waits: what cannot be measured is lost. `at` is when it happened, if not just now. */
  measure(derive: () => Iterable<Measurement>, at?: Date): void;
}

/** Is told of every call of upstream. */
export interface UpstreamWatch extends Metrics {
  /** Never throws. `error` is what the call ended in, if it did. */
  called(call: UpstreamCall, durationMs: number, error?: unknown): void;
}

export interface Settings {
  /** Old 2.1 programs ask for client tokens that name no user. */
  allowsUnboundClientTokens: boolean;
}

export interface Ports {
  settings: Settings;
  newId(): string;
  clock: Clock;
  apiKeys: ApiKeys;
  tokenIssuer: TokenIssuer;
  tokenVerifier: TokenVerifier;
  jobs: JobStore;
  claims: Claims;
  reservations: Reservations;
  fingerprints: Fingerprints;
  refusedLogins: RefusedLoginNotes;
  requestCounts: RequestCounts;
  jobList: JobList;
  sweptJobs: SweptJobs;
  sealer: Sealer;
  vault: Vault;
  workflow: Workflow;
  executions: Executions;
  policy: Policy;
  waker: Waker;
  upstream: Upstream;
  /** Upstream's records of institutions, as far as they may be a minute old. */
  institutions: Pick<Upstream, "institution">;
  connections: Connections;
  connectionList: ConnectionList;
}
