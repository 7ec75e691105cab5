import type { Ports } from "../domain/ports.ts";
import { IN_FLIGHT_MS } from "../domain/sending.ts";

/** From when on what is sent now may be sent again. */
export function sendAgainAt(deps: Pick<Ports, "clock">): string {
  return deps.clock.after(IN_FLIGHT_MS).toISOString();
}
