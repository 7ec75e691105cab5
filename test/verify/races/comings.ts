import fc from "fast-check";
import type { Coming } from "./racing-world.ts";

/** Somebody who comes at any time, or never. */
export const coming: fc.Arbitrary<Coming | null> = fc.option(fc.record({ after: fc.nat({ max: 60 }) }));

/** Somebody who comes at any time, and may be killed. */
export const mortal: fc.Arbitrary<Coming> = fc.record({
  after: fc.nat({ max: 60 }),
  diesAfter: fc.option(fc.nat({ max: 25 }), { nil: undefined }),
});

/** Times that pass, a few of them, each at any time. */
export function passing(...ms: number[]): fc.Arbitrary<(Coming & { ms: number })[]> {
  return fc.array(fc.record({ after: fc.nat({ max: 80 }), ms: fc.constantFrom(...ms) }), { maxLength: 3 });
}
