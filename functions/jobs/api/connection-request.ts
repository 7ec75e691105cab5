import * as z from "zod/v4/core";
import { INSTITUTION_ID } from "../domain/ids.ts";
import { anyText, object, orNull } from "../domain/kinds.ts";
import { LOGIN_FIELDS, type Login, packLogin } from "../domain/login.ts";
import { type Problem, Refusal } from "../domain/refusal.ts";
import { Secret } from "../domain/secret.ts";

/** As much as KMS seals at once. */
const MAX_LOGIN_BYTES = 4096;

/** Published clients send `null` and `""` for what they do not have. */
const text = orNull(anyText);

export const requestSchema = object({
  loginId: text,
  password: text,
  userToken: text,
  securityCode: text,
  secondaryLoginId: text,
  institution: orNull(object({ id: text })),
});

export interface ConnectionRequest {
  institutionId: string | undefined;
  login: Login;
}

/**
 * Throws a `Refusal` that names every field of a wrong type. Unknown fields are ignored. The institution of a connection
 * that there is, is not asked for.
 */
export function parseConnectionRequest(body: object): ConnectionRequest {
  const parsed = z.safeParse(requestSchema, body);
  if (!parsed.success) throw notValid(parsed.error.issues.map(({ path }) => path));
  const institutionId = parsed.data.institution?.id || undefined;
  if (institutionId !== undefined && !INSTITUTION_ID.test(institutionId)) {
    throw new Refusal({ reason: "unknown-institution", field: "institution.id" });
  }
  const login: Login = {};
  for (const field of LOGIN_FIELDS) {
    const given = parsed.data[field];
    if (given) login[field] = new Secret(given);
  }
  if (Buffer.byteLength(packLogin(login).reveal()) > MAX_LOGIN_BYTES) {
    throw new Refusal({ reason: "field-not-valid", field: "connection" });
  }
  return { institutionId, login };
}

/** Only names of our own schema leave here, never what was sent. */
function notValid(paths: readonly PropertyKey[][]): Refusal {
  const fields = new Set(
    paths.map((path) => (path[0] === "institution" ? "institution.id" : String(path[0]))),
  );
  const [first, ...more] = [...fields].map((field): Problem => ({ reason: "field-not-valid", field }));
  return new Refusal(first ?? "not-json", ...more);
}
