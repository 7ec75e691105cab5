import type { Bank, Banks } from "../../page/bank.ts";
import { orWhenUnknown } from "./basiq.ts";
import { readBank, readBanks, readConnectedBank } from "./replies.ts";
import { type BasiqTransport, only } from "./transport.ts";

/** Reads the banks of Basiq's published API. */
export function basiqBanks(transport: BasiqTransport, version: string): Banks {
  return {
    all: () => transport.get("/institutions", readBanks),

    find: (institutionId) => orWhenUnknown<Bank, undefined>(read(institutionId), undefined),
  };

  function read(institutionId: string): Promise<Bank> {
    const id = encodeURIComponent(institutionId);
    // Since version 3.0, a bank is published with its connectors only.
    return version === "3.0"
      ? transport.get(`/connectors/${id}/web`, only(institutionId, readConnectedBank))
      : transport.get(`/institutions/${id}`, only(institutionId, readBank));
  }
}
