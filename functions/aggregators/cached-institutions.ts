import type { Institution } from "../jobs/domain/institution.ts";
import type { Upstream } from "../jobs/domain/ports.ts";

/** The fields that a login needs change rarely. Never read an institution's status from this cache. */
const CACHED_MS = 60_000;

/** Several times the number of banks. */
const MAX_ENTRIES = 1_000;

/** Caches institutions for a minute. Does not cache unknown institutions. */
export function cachedInstitutions(upstream: Pick<Upstream, "institution">): Pick<Upstream, "institution"> {
  const stored = new Map<string, { institution: Institution; until: number }>();
  return {
    async institution(institutionId) {
      const found = stored.get(institutionId);
      if (found !== undefined && Date.now() < found.until) return found.institution;
      const institution = await upstream.institution(institutionId);
      if (institution !== undefined) {
        if (stored.size >= MAX_ENTRIES) stored.clear();
        stored.set(institutionId, { institution, until: Date.now() + CACHED_MS });
      }
      return institution;
    },
  };
}
