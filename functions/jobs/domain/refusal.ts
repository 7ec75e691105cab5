/** The aggregator's or the bank's own words. */
export interface RefusalWords {
  code: string;
  title: string;
  detail?: string | undefined;
  source?: { pointer?: string | undefined; parameter?: string | undefined } | undefined;
}

/** Why we refuse a request. `http/errors.ts` defines a status, a code and a text for each reason. */
export type RefusalReason =
  | "not-json"
  | "body-too-large"
  | "message-too-large"
  | "statement-too-large"
  | "content-type-not-json"
  | "content-type-not-form"
  | "content-type-not-multipart"
  | "form-not-valid"
  | "institution-not-provided"
  | "statement-not-provided"
  | "origin-not-ours"
  | "field-missing"
  | "field-not-valid"
  | "unknown-institution"
  | "institution-not-found"
  | "connects-in-consent-ui"
  | "version-not-valid"
  | "api-key-not-valid"
  | "token-not-valid"
  | "token-expired"
  | "token-of-another-user"
  | "scope-not-enough"
  | "signature-not-valid"
  | "job-not-found"
  | "job-over"
  | "job-not-waiting"
  | "connection-not-found"
  | "event-not-found"
  | "event-type-not-found"
  | "webhook-request-not-valid"
  | "webhook-id-not-valid"
  | "webhook-not-found"
  | "webhook-url-taken"
  | "webhook-disabled"
  | "too-many-webhooks"
  | "event-types-not-supported"
  | "event-type-not-supported"
  | "no-webhooks-found"
  | "message-not-found"
  | "filter-not-valid"
  | "query-too-long"
  | "user-not-found"
  | "resource-not-found"
  | "too-many-refused-logins"
  | "too-many-jobs"
  | "rate-exceeded"
  | "idempotency-key-reused"
  | "route-not-found"
  | "method-not-allowed"
  | "challenge-not-active"
  | "challenge-over"
  | "answers-not-valid"
  | "answer-refused"
  | "refused-upstream"
  | "reply-too-large"
  | "auth-link-not-found"
  | "auth-link-over"
  | "action-not-in-direct"
  | "confirmation-missing"
  | "no-active-consent"
  | "return-url-not-listed"
  | "link-not-found"
  | "link-over"
  | "link-used"
  | "cookie-missing"
  | "session-not-valid"
  | "state-not-valid"
  | "receiver-not-valid"
  | "receiver-not-https"
  | "receiver-not-on-443"
  | "receiver-with-login"
  | "receiver-is-own-host"
  | "receiver-not-public"
  | "service-unavailable";

export interface Problem {
  reason: RefusalReason;
  /** A name from our own schemas, never text of the request. */
  field?: string;
  /** The aggregator's or the bank's own words, which replace ours. */
  words?: RefusalWords;
  /** The aggregator's status, which replaces ours. */
  status?: number;
  /** The seconds after which the refused request may be sent again. */
  retryAfterSeconds?: number;
  /** The methods of the route, after a request with another method. */
  allow?: readonly string[];
}

/** We refuse a request, for reasons that its sender may know. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly problems: readonly [Problem, ...Problem[]];

  constructor(first: RefusalReason | Problem, ...more: Problem[]) {
    const problem = typeof first === "string" ? { reason: first } : first;
    super(problem.reason);
    this.problems = [problem, ...more];
  }
}
