import { claims, clock, fingerprints, institutions, jobRows, newId, notedRefusals, requestCounts, reservations, tokenVerifier, vaultDoor, workflow } from "./compose.ts";

/** What every function needs that makes jobs. */
export function acceptingDeps() {
  return {
    newId: newId,
    clock: clock(),
    jobs: jobRows(),
    claims: claims(),
    vault: vaultDoor(),
    workflow: workflow(),
    refusedLogins: notedRefusals(),
    institutions: institutions(),
    requestCounts: requestCounts(),
    reservations: reservations(),
    fingerprints: fingerprints(),
    tokenVerifier: tokenVerifier(),
  };
}
