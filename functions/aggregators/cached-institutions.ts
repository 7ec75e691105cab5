import type { Institution } from "../jobs/domain/institution.ts";
import type { Upstream } from "../jobs/domain/ports.ts";

/** What a login must hold changes rarely; a status is never read from here. */
const KEPT_MS = 60_000;

/** As many as there are banks, several times over. */
const MAX_ENTRIES = 1_000;

/** Remembers institutions' records for a minute. Unknown ones are asked for again. */
export function cachedInstitutions(upstream: Pick<Upstream, "institution">): Pick<Upstream, "institution"> {
  const kept = new Map<string, { institution: Institution; until: number }>();
  return {
    async institution(institutionId) {
      const found = kept.get(institutionId);
      if (found !== undefined && Date.now() < found.until) return found.institution;
      const institution = await upstream.institution(institutionId);
      if (institution !== undefined) {
        if (kept.size >= MAX_ENTRIES) kept.clear();
        kept.set(institutionId, { institution, until: Date.now() + KEPT_MS });
      }
      return institution;
    },
  };
}
