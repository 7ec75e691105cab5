import type { Verdict } from "./state.ts";

export type StepError = { readonly code: string; readonly title: string; readonly detail: string };

const cannotLogin = { code: "invalid-credentials", title: "Cannot login to target institution" } as const;

export const verdictErrors: Readonly<Record<Exclude<Verdict, "accepted">, StepError>> = {
  "credentials-refused": { ...cannotLogin, detail: "Invalid credentials" },
  "account-locked": { ...cannotLogin, detail: "Account is locked" },
  "user-action-required": {
    code: "account-not-accessible-requires-user-action",
    title: "Account not accessible",
    detail: "User action is required in the institution's own online banking",
  },
  "bank-service-unavailable": {
    code: "service-unavailable",
    title: "Service unavailable",
    detail: "3rd party service unavailable",
  },
  "institution-not-available": {
    code: "institution-not-available",
    title: "Institution not available",
    detail: "Institution is currently not available. Please try again later.",
  },
  "statement-not-supported": {
    code: "bank-statement-not-supported",
    title: "Statement not supported.",
    detail:
      "Statement is not currently supported for this institution - check statement uploaded against correct bank.",
  },
};

export const wrongAnswer: StepError = { ...cannotLogin, detail: "MFA response is not correct" };

export const challengeExpired: StepError = {
  code: "mfa-expired",
  title: "MFA challenge expired",
  detail: "MFA response was not supplied in time",
};

export const queued: StepError = {
  code: "temporary-unavailable-queued",
  title: "Institution temporary unavailable, retry pending",
  detail: "3rd party service temporary unavailable. Job queued, retry in 2 hours.",
};

export const queueGivenUp: StepError = {
  code: "temporary-unavailable",
  title: "Institution temporary unavailable",
  detail: "3rd party service temporary unavailable. Please try again later.",
};
