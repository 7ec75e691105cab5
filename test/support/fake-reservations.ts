import type { Clock } from "../../functions/jobs/domain/clock.ts";
import type { KeyedRequest, Reservation } from "../../functions/jobs/domain/idempotency.ts";
import type { Reservations } from "../../functions/jobs/domain/ports.ts";

export interface FakeReservations extends Reservations {
  /** By user and key. */
  readonly rows: Map<string, Reservation>;
}

/** Reservations in memory, under the real compare-and-swap. */
export function fakeReservations(clock: Clock): FakeReservations {
  const rows = new Map<string, Reservation>();
  const find = (request: KeyedRequest) => {
    const row = rows.get(nameOf(request));
    return row !== undefined && row.expiresAt * 1000 > clock.now().getTime() ? row : undefined;
  };
  return {
    rows,
    find: async (request) => structuredClone(find(request)),
    write: async (request, next, from) => {
      const row = find(request);
      if (row !== undefined && row.writeId !== from?.writeId) return false;
      rows.set(nameOf(request), structuredClone(next));
      return true;
    },
    remove: async (request, { writeId }) => {
      if (rows.get(nameOf(request))?.writeId === writeId) rows.delete(nameOf(request));
    },
  };
}

function nameOf({ userId, key }: KeyedRequest): string {
  return `${userId} ${key}`;
}
