import type { WrittenIds } from "../domain/ids.ts";
import type { Institution } from "../domain/institution.ts";
import {
  type Login,
  type LoginField,
  likelyMandatoryFields,
  mandatoryFields,
  missingFields,
} from "../domain/login.ts";
import type { Ports } from "../domain/ports.ts";
import { type Problem, Refusal } from "../domain/refusal.ts";
import { type AcceptDeps, type Accepted, acceptJob, requireRoom } from "./accept-job.ts";

/**
 * Returns the institution, if the login has all fields that the institution needs. Throws a `Refusal` that names
 * every missing field at once. Without an institution, it names the fields of the most common kind of login.
 */
async function checkLogin(
  deps: Pick<Ports, "institutions">,
  request: { institutionId: string | undefined; login: Login },
): Promise<Institution> {
  const { institutionId, login } = request;
  if (institutionId === undefined) {
    throw new Refusal(
      missing("institution.id"),
      ...missingFields(login, likelyMandatoryFields(login)).map(missing),
    );
  }
  const institution = await deps.institutions.institution(institutionId);
  if (institution === undefined)
    throw new Refusal({ reason: "unknown-institution", field: "institution.id" });
  requireFields(login, mandatoryFields(institution));
  return institution;
}

/** Throws a `Refusal` that names every missing field. */
export function requireFields(login: Login, mandatory: readonly LoginField[]): void {
  const [first, ...more] = missingFields(login, mandatory).map(missing);
  if (first !== undefined) throw new Refusal(first, ...more);
}

function missing(field: string): Problem {
  return { reason: "field-missing", field };
}

export interface AcceptConnection {
  userId: string;
  institutionId: string | undefined;
  login: Login;
  written?: WrittenIds | undefined;
}

/**
 * Starts a job for a login, or returns the unfinished job of the same user and institution. Throws a `Refusal` if too many
 * jobs run.
 */
export async function acceptConnection(
  deps: AcceptDeps & Pick<Ports, "institutions">,
  { userId, institutionId, login, written }: AcceptConnection,
): Promise<Accepted> {
  if (institutionId !== undefined) await requireRoom(deps, { userId, institutionId });
  const institution = await checkLogin(deps, { institutionId, login });
  return acceptJob(deps, { kind: "create", userId, institution, login, written });
}
