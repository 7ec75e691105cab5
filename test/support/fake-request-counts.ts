import type { RequestCounts } from "../../functions/access/rate-limit.ts";

/** Counts in memory, by whose they are and the number of the window: such as `user u 5900000`. */
export function fakeRequestCounts(): RequestCounts & { counts: Map<string, number> } {
  const counts = new Map<string, number>();
  return {
    counts,
    add: async (limit, of, { number }) => {
      const name = `${limit} ${of} ${number}`;
      const counted = (counts.get(name) ?? 0) + 1;
      counts.set(name, counted);
      return counted;
    },
  };
}
