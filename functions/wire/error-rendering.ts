import type { Problem } from "../domain/refusal.ts";
import type { ErrorReply } from "./api-replies.ts";
import { WORDINGS } from "./error-wordings.ts";

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

/** The published error shape. The status is that of the first problem: a refusal has one kind of them. */
export function renderErrors(
  correlationId: string,
  problems: readonly [Problem | "internal", ...Problem[]],
): { status: number; body: ErrorReply } {
  const [first] = problems;
  const [status] = WORDINGS[first === "internal" ? first : first.reason];
  return { status, body: { type: "list", correlationId, data: problems.map(errorItem) } };
}

function errorItem(problem: Problem | "internal"): ErrorReply["data"][number] {
  const { reason, field } = problem === "internal" ? { reason: problem, field: undefined } : problem;
  const [, code, title, detail] = WORDINGS[reason];
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
