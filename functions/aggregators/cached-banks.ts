import type { Clock } from "../jobs/domain/clock.ts";
import type { Bank, Banks } from "../page/bank.ts";

/** A list of banks is large, and people load it often while they search. A bank may go down at any time. */
const CACHED_MS = 60_000;

/** Caches the banks for a minute. Does not cache unknown banks. */
export function cachedBanks(banks: Banks, clock: Pick<Clock, "after" | "msUntil">): Banks {
  let listed: { banks: Bank[]; until: Date } | undefined;
  const found = new Map<string, { bank: Bank; until: Date }>();
  const until = () => clock.after(CACHED_MS);
  const isFresh = (entry: { until: Date } | undefined) =>
    entry !== undefined && clock.msUntil(entry.until) > 0;

  return {
    async all() {
      if (listed === undefined || !isFresh(listed)) listed = { banks: await banks.all(), until: until() };
      return listed.banks;
    },
    async find(institutionId) {
      const known = found.get(institutionId);
      if (known !== undefined && isFresh(known)) return known.bank;
      const bank = await banks.find(institutionId);
      // An id of another form than those of banks is never found, so that the number of banks limits the entries.
      if (bank !== undefined) found.set(institutionId, { bank, until: until() });
      return bank;
    },
  };
}
