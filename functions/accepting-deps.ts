import * as parts from "./compose.ts";

/** What every function needs that makes jobs. */
export function acceptingDeps() {
  return {
    newId: parts.newId,
    clock: parts.clock(),
    jobs: parts.jobRows(),
    claims: parts.claims(),
    vault: parts.vaultDoor(),
    workflow: parts.workflow(),
    refusedLogins: parts.notedRefusals(),
    institutions: parts.institutions(),
    requestCounts: parts.requestCounts(),
    reservations: parts.reservations(),
    fingerprints: parts.fingerprints(),
    tokenVerifier: parts.tokenVerifier(),
  };
}
