import { UpstreamRefused } from "../../jobs/domain/errors.ts";
import type { Upstream } from "../../jobs/domain/upstream-ports.ts";
import { type BasiqTransport, only } from "./transport.ts";
import { readInstitution } from "./upstream-institution-reader.ts";

/** The part of upstream that needs no user: what it knows of banks. */
export function basiqInstitutions(transport: BasiqTransport): Pick<Upstream, "institution"> {
  return {
    async institution(institutionId) {
      try {
        const path = `/institutions/${encodeURIComponent(institutionId)}`;
        return await transport.get(path, only(institutionId, readInstitution));
      } catch (error) {
        if (error instanceof UpstreamRefused && error.status === 404) return undefined;
        throw error;
      }
    },
  };
}
