import { UpstreamRefused } from "../domain/errors.ts";
import type { Upstream } from "../domain/upstream-ports.ts";
import { readInstitution } from "../wire/upstream-institution-reader.ts";
import { type BasiqTransport, only } from "./basiq-transport.ts";

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
