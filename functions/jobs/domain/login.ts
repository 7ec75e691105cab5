import type { Institution } from "./institution.ts";
import { Secret } from "./secret.ts";

export const LOGIN_FIELDS = ["loginId", "password", "userToken", "securityCode", "secondaryLoginId"] as const;
export type LoginField = (typeof LOGIN_FIELDS)[number];

export type Login = { [field in LoginField]?: Secret };

/** What the login of an institution must hold. */
export function mandatoryFields(institution: Institution): LoginField[] {
  const fields: LoginField[] =
    institution.authorization === "token" ? ["userToken"] : ["loginId", "password"];
  if (institution.needsSecurityCode) fields.push("securityCode");
  if (institution.needsSecondaryLoginId) fields.push("secondaryLoginId");
  return fields;
}

/** The fields to name when the institution itself is not given: those of the commonest kind of login. */
export function likelyMandatoryFields(login: Login): LoginField[] {
  return login.userToken === undefined ? ["loginId", "password"] : [];
}

export function missingFields(login: Login, mandatory: readonly LoginField[]): LoginField[] {
  return mandatory.filter((field) => login[field] === undefined);
}

/** A login as one secret, for sealing. */
export function packLogin(login: Login): Secret {
  const fields = LOGIN_FIELDS.map((field) => [field, login[field]?.reveal()]);
  return new Secret(JSON.stringify(Object.fromEntries(fields)));
}

/** Throws a `SyntaxError` that is never logged when the secret was not made by {@link packLogin}. */
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

/** Logins in a row that a bank refused for one user: the jobs that brought them, the last at the end. */
export interface RefusedLogins {
  jobIds: string[];
  /** ISO 8601. */
  blockedUntil: string;
}

/** Adds a job's refused login; `undefined` when it was noted before. */
export function noteRefused(
  noted: RefusedLogins | undefined,
  jobId: string,
  blockedUntil: Date,
): RefusedLogins | undefined {
  const jobIds = noted?.jobIds ?? [];
  if (jobIds.includes(jobId)) return undefined;
  return { jobIds: [...jobIds, jobId].slice(-MAX_REFUSED), blockedUntil: blockedUntil.toISOString() };
}

/** The milliseconds for which no login may be tried; 0 when one may. */
export function blockedForMs(noted: RefusedLogins | undefined, now: Date): number {
  if (noted === undefined || noted.jobIds.length < MAX_REFUSED) return 0;
  return Math.max(0, Date.parse(noted.blockedUntil) - now.getTime());
}
