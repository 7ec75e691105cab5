import type { Problem } from "../domain/refusal.ts";
import type { ErrorReply } from "./api-replies.ts";
import { WORDINGS } from "./error-wordings.ts";

/** How a field is called in words, and where in a request it is. */
const FIELDS: { [field: string]: { caption: string; pointer: string } } = {
  "institution.id": { caption: "Institution ID", pointer: "connection/institution/id" },
  connection: { caption: "Connection", pointer: "connection" },
  loginId: { caption: "Login ID", pointer: "connection/loginId" },
  password: { caption: "Password", pointer: "connection/password" },
  userToken: { caption: "User token", pointer: "connection/userToken" },
  securityCode: { caption: "Security code", pointer: "connection/securityCode" },
  secondaryLoginId: { caption: "Secondary login ID", pointer: "connection/secondaryLoginId" },
  "mfa-response": { caption: "MFA response", pointer: "job/mfa-response" },
  userId: { caption: "User ID", pointer: "userId" },
  filter: { caption: "Filter", pointer: "filter" },
  limit: { caption: "Limit", pointer: "limit" },
  next: { caption: "Next", pointer: "next" },
  scope: { caption: "Scope", pointer: "scope" },
  "basiq-version": { caption: "Basiq-version", pointer: "header/basiq-version" },
};

/** The published error shape. The status is that of the first problem: a refusal has one kind of them. */
export function renderErrors(
  correlationId: string,
  problems: readonly [Problem | "internal", ...Problem[]],
): { status: number; body: ErrorReply } {
  const [first] = problems;
  const reason = first === "internal" ? first : first.reason;
  return {
    status: WORDINGS[reason].status,
    body: { type: "list", correlationId, data: problems.map(errorItem) },
  };
}

function errorItem(problem: Problem | "internal"): ErrorReply["data"][number] {
  const { reason, field } = problem === "internal" ? { reason: problem, field: undefined } : problem;
  const { code, title, detail } = WORDINGS[reason];
  const named = field === undefined ? undefined : FIELDS[field];
  const words = detail ?? (named && `${named.caption} parameter is ${endingFor(reason)}.`);
  return {
    type: "error",
    code,
    title,
    ...(words !== undefined && { detail: words }),
    ...(field !== undefined && named && { source: { pointer: named.pointer, parameter: lastPart(field) } }),
  };
}

function endingFor(reason: Problem["reason"] | "internal"): string {
  return reason === "field-missing" ? "required" : "not valid";
}

function lastPart(field: string): string {
  return field.slice(field.lastIndexOf(".") + 1);
}
