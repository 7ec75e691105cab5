import type { Problem } from "../jobs/domain/refusal.ts";
import type { ErrorReply } from "./api-replies.ts";
import { INTERNAL, WORDINGS, type Wording, type Wordings } from "./error-wordings.ts";

/** How fields are called in words, by where in a request they are. */
const CAPTIONS: { [place: string]: { [field: string]: string } } = {
  "": {
    connection: "Connection",
    userId: "User ID",
    filter: "Filter",
    limit: "Limit",
    next: "Next",
    scope: "Scope",
  },
  "connection/": {
    "institution.id": "Institution ID",
    loginId: "Login ID",
    password: "Password",
    userToken: "User token",
    securityCode: "Security code",
    secondaryLoginId: "Secondary login ID",
  },
  "job/": { "mfa-response": "MFA response" },
  "header/": { "basiq-version": "Basiq-version", "Idempotency-Key": "Idempotency-Key" },
};

/**
 * The published error shape. The status is that of the first problem: a refusal has one kind of them. A reason without
 * words is a defect of ours.
 */
export function renderErrors(
  correlationId: string,
  problems: readonly [Problem | "internal", ...Problem[]],
  more: Wordings = {},
): { status: number; body: ErrorReply } {
  const [first] = problems;
  const wordings: Wordings = { ...WORDINGS, ...more };
  const wordingOf = (problem: Problem | "internal") =>
    problem === "internal" ? INTERNAL : (wordings[problem.reason] ?? INTERNAL);
  const [status] = wordingOf(first);
  const data = problems.map((problem) => errorItem(problem, wordingOf(problem)));
  return { status, body: { type: "list", correlationId, data } };
}

function errorItem(
  problem: Problem | "internal",
  [, code, title, detail]: Wording,
): ErrorReply["data"][number] {
  const { reason, field } = problem === "internal" ? { reason: problem, field: undefined } : problem;
  const [place, caption] = field === undefined ? [] : placeAndCaption(field);
  const words = detail ?? (caption && `${caption} parameter is ${endingFor(reason)}.`);
  return {
    type: "error",
    code,
    title,
    ...(words !== undefined && { detail: words }),
    ...(field !== undefined &&
      caption !== undefined && {
        source: { pointer: `${place}${field.replace(".", "/")}`, parameter: lastPart(field) },
      }),
  };
}

function placeAndCaption(field: string): (string | undefined)[] {
  for (const [place, captions] of Object.entries(CAPTIONS)) {
    if (captions[field] !== undefined) return [place, captions[field]];
  }
  return [];
}

function endingFor(reason: Problem["reason"] | "internal"): string {
  return reason === "field-missing" ? "required" : "not valid";
}

function lastPart(field: string): string {
  return field.slice(field.lastIndexOf(".") + 1);
}
