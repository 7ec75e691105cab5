import type { Institution } from "./institution.ts";
import { Secret } from "./secret.ts";

export const LOGIN_FIELDS = ["loginId", "password", "userToken", "securityCode", "secondaryLoginId"] as const;
export type LoginField = (typeof LOGIN_FIELDS)[number];

export type Login = { [field in LoginField]?: Secret };

export function mandatoryFields(institution: Institution): LoginField[] {
  const fields: LoginField[] =
    institution.authorization === "token" ? ["userToken"] : ["loginId", "password"];
  if (institution.needsSecurityCode) fields.push("securityCode");
  if (institution.needsSecondaryLoginId) fields.push("secondaryLoginId");
  return fields;
}

/** Returns the fields that new credentials of a connection need: the connection knows who logs in. */
export function mandatoryFieldsOfUpdate({ authorization }: Pick<Institution, "authorization">): LoginField[] {
  return authorization === "token" ? ["userToken"] : ["password"];
}

/** Returns the fields to name if the institution itself is missing: those of the most common kind of login. */
export function likelyMandatoryFields(login: Login): LoginField[] {
  return login.userToken === undefined ? ["loginId", "password"] : [];
}

export function missingFields(login: Login, mandatory: readonly LoginField[]): LoginField[] {
  return mandatory.filter((field) => login[field] === undefined);
}

/** Packs a login into one secret, for encryption. */
export function packLogin(login: Login): Secret {
  const fields = LOGIN_FIELDS.map((field) => [field, login[field]?.reveal()]);
  return new Secret(JSON.stringify(Object.fromEntries(fields)));
}

/** Throws a `SyntaxError`, which is never logged, if the secret was not made by {@link packLogin}. */
export function unpackLogin(packed: Secret): Login {
  const fields: unknown = JSON.parse(packed.reveal());
  const login: Login = {};
  for (const field of LOGIN_FIELDS) {
    const value = typeof fields === "object" && fields !== null ? Reflect.get(fields, field) : undefined;
    if (typeof value === "string") login[field] = new Secret(value);
  }
  return login;
}

/** Banks lock an account after a few wrong logins in a row. */
const MAX_REFUSED = 3;
export const LOCKOUT_MS = 15 * 60_000;

/** The logins in a row that a bank refused for one user, by the jobs that brought them. The latest job is last. */
export interface RefusedLogins {
  jobIds: string[];
  /** ISO 8601. */
  blockedUntil: string;
}

/** Adds the refused login of a job. Returns `undefined` if it was added before. */
export function noteRefused(
  noted: RefusedLogins | undefined,
  jobId: string,
  blockedUntil: Date,
): RefusedLogins | undefined {
  const jobIds = noted?.jobIds ?? [];
  if (jobIds.includes(jobId)) return undefined;
  return { jobIds: [...jobIds, jobId].slice(-MAX_REFUSED), blockedUntil: blockedUntil.toISOString() };
}

/** Returns the milliseconds until a login may be tried; 0 if a login may be tried now. */
export function blockedForMs(noted: RefusedLogins | undefined, now: Date): number {
  if (noted === undefined || noted.jobIds.length < MAX_REFUSED) return 0;
  return Math.max(0, Date.parse(noted.blockedUntil) - now.getTime());
}
