/** Why a request is refused. The wire has a status, a code and words for each. */
export type RefusalReason =
  | "not-json"
  | "body-too-large"
  | "content-type-not-json"
  | "content-type-not-form"
  | "field-missing"
  | "field-not-valid"
  | "unknown-institution"
  | "version-not-valid"
  | "api-key-not-valid"
  | "token-not-valid"
  | "token-expired"
  | "token-of-another-user"
  | "scope-not-enough"
  | "job-not-found"
  | "job-over"
  | "job-not-waiting"
  | "connection-not-found"
  | "too-many-refused-logins"
  | "rate-exceeded"
  | "idempotency-key-reused"
  | "route-not-found"
  | "method-not-allowed"
  | "challenge-not-active"
  | "challenge-over"
  | "answers-not-valid"
  | "service-unavailable";

export interface Problem {
  reason: RefusalReason;
  /** A name from our own schemas, never one that was sent. */
  field?: string;
  /** When a request that is refused now may be made. */
  retryAfterSeconds?: number;
  /** The methods that a route has, where another one was used. */
  allow?: readonly string[];
}

/** A request that cannot be done, for reasons that its sender may know. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly problems: readonly [Problem, ...Problem[]];

  constructor(first: RefusalReason | Problem, ...more: Problem[]) {
    const problem = typeof first === "string" ? { reason: first } : first;
    super(problem.reason);
    this.problems = [problem, ...more];
  }
}
