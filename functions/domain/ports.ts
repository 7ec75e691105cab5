import type { TokenClaims } from "./caller.ts";
import type { Institution } from "./institution.ts";
import type { Job } from "./job.ts";
import type { Login } from "./login.ts";
import type { Measurement } from "./metrics.ts";
import type { Secret } from "./secret.ts";
import type { SecretRef } from "./secret-refs.ts";
import type { JobChange } from "./transitions.ts";
import type { UpstreamJob } from "./upstream-job.ts";

/** Durations are nominal: a scaled clock divides them, and only it knows. */
export interface Clock {
  now(): Date;
  /** The moment that lies a duration ahead. */
  after(ms: number): Date;
  /** How much of a duration is left until a moment; below zero when it has passed. */
  msUntil(moment: Date): number;
  sleep(ms: number): Promise<void>;
}

export interface JobStore {
  /** Never older than any earlier answer. */
  find(jobId: string): Promise<Job | undefined>;
  add(job: Job): Promise<void>;
  /** Removes a job that lost its claim. False when it is not as it was added any more: somebody has seen it. */
  drop(job: Job): Promise<boolean>;
  /** Applies an event and writes the outcome. Throws `JobChanged` when the row is not as `before` any more. */
  record(before: Job, change: JobChange): Promise<Job>;
}

/** The right of one job per user and institution. */
export interface Claims {
  /** The job that holds it, finished or not. */
  holder(userId: string, institutionId: string): Promise<string | undefined>;
  /** Compare-and-swap; false when another holder than `from` was found. */
  take(userId: string, institutionId: string, jobId: string, from: string | undefined): Promise<boolean>;
}

/** Sealing without keeping. */
export interface Sealer {
  seal(ref: SecretRef, secret: Secret): Promise<Uint8Array>;
  /** Throws when the seal was made for another reference. */
  unseal(ref: SecretRef, sealed: Uint8Array): Promise<Secret>;
}

/** Sealed secrets in their own table. */
export interface Vault {
  /** The first one wins: a second one under the same reference changes nothing. */
  keep(ref: SecretRef, secret: Secret, until: Date): Promise<void>;
  holds(ref: SecretRef): Promise<boolean>;
  reveal(ref: SecretRef): Promise<Secret | undefined>;
  destroy(ref: SecretRef): Promise<void>;
}

export interface Workflow {
  /** Starting a started one is no error. */
  start(jobId: string): Promise<void>;
}

export interface Waker {
  /** Wakes the workflow that waits for an answer. A token that is over is no error: the row decides. */
  wake(taskToken: Secret, challengeNumber: number): Promise<void>;
}

/** Throws `UpstreamUnavailable` or `UpstreamRefused`. */
export interface Upstream {
  institution(institutionId: string): Promise<Institution | undefined>;
  /** Never repeated by the adapter once it may have arrived. */
  openConnection(userId: string, institutionId: string, login: Login): Promise<{ upstreamJobId: string }>;
  job(upstreamJobId: string): Promise<UpstreamJob>;
  jobsOf(userId: string): Promise<UpstreamJob[]>;
  /** Never repeated by the adapter once it may have arrived. */
  answer(upstreamJobId: string, answers: readonly Secret[]): Promise<void>;
}

export interface ApiKeys {
  isValid(apiKey: Secret): Promise<boolean>;
}

export interface TokenIssuer {
  issue(claims: TokenClaims): Promise<{ accessToken: Secret; expiresInSeconds: number }>;
}

export interface TokenVerifier {
  /** Throws a `Refusal` for every token that was not issued by us or is over. */
  verify(token: string): Promise<TokenClaims>;
}

/** Not for use cases: what they are given measures itself. */
export interface Metrics {
  /** Never throws and never waits: what cannot be measured is lost. `at` is when it happened, if not just now. */
  measure(derive: () => Iterable<Measurement>, at?: Date): void;
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
  sealer: Sealer;
  vault: Vault;
  workflow: Workflow;
  waker: Waker;
  upstream: Upstream;
  /** Upstream's records of institutions, as far as they may be a minute old. */
  institutions: Pick<Upstream, "institution">;
}
