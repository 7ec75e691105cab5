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
