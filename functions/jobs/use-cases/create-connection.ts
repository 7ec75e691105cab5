import type { Institution } from "../domain/institution.ts";
import { type Login, likelyMandatoryFields, mandatoryFields, missingFields } from "../domain/login.ts";
import type { Ports } from "../domain/ports.ts";
import { type Problem, Refusal } from "../domain/refusal.ts";
import { type AcceptDeps, type Accepted, acceptJob } from "./accept-job.ts";

/**
 * The institution of a login that holds all that the institution asks for. Throws a `Refusal` that names every missing
 * field at once; without an institution, those that the commonest kind of login needs.
 */
export async function checkLogin(
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
  const [first, ...more] = missingFields(login, mandatoryFields(institution)).map(missing);
  if (first !== undefined) throw new Refusal(first, ...more);
  return institution;
}

function missing(field: string): Problem {
  return { reason: "field-missing", field };
}

export interface AcceptConnection {
  userId: string;
  institutionId: string | undefined;
  login: Login;
}

/** Starts a job for a login, or gives the one that is queued or in progress for the same user and institution. */
export async function acceptConnection(
  deps: AcceptDeps & Pick<Ports, "institutions">,
  { userId, institutionId, login }: AcceptConnection,
): Promise<Accepted> {
  const institution = await checkLogin(deps, { institutionId, login });
  return acceptJob(deps, { kind: "create", userId, institution, login });
}
