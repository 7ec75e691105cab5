import type { FakePorts } from "./fake-ports.ts";

/** With which upstream says that the bank is the trouble. */
export const OUTAGE_PROBLEM = {
  code: "service-unavailable",
  title: "Down",
  detail: "3rd party service down",
};

/** What upstream's record of a bank says of it from now on. */
export function setStatus({ upstream }: FakePorts, status: string, institutionId = "AU00000"): void {
  const bank = upstream.institutions.get(institutionId);
  if (bank === undefined) throw new Error(`no institution ${institutionId}`);
  upstream.institutions.set(institutionId, { ...bank, status });
}
