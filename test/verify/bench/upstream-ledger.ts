import * as z from "zod";
import type { Target } from "../../journeys/target.ts";

const ledgerReply = z.object({
  calls: z.array(
    z.object({ at: z.iso.datetime(), method: z.string(), path: z.string(), userId: z.string().nullable() }),
  ),
});

/** Every call that the sandbox received, in their order. */
export async function upstreamLedger({ sandboxUrl }: Target) {
  const response = await fetch(`${sandboxUrl}/_control/ledger`);
  return ledgerReply.parse(await response.json()).calls;
}
