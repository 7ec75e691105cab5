import { createHash } from "node:crypto";

/** With the environment variable `NIGHTLY=1`, the tests that take long run in full. Otherwise they take a part. */
export const isNightly = process.env["NIGHTLY"] === "1";

/** Returns how much of a long test to run: all of it, or a tenth. */
export function nightly(whole: number): number {
  return isNightly ? whole : whole / 10;
}

/** Returns one in `parts` of all. The seed decides which: the same ones each time, by their names. */
export function partOf<Element>(
  all: readonly Element[],
  { parts, seed, nameOf }: { parts: number; seed: string; nameOf: (element: Element) => string },
): readonly Element[] {
  const rank = (element: Element) =>
    createHash("sha256")
      .update(`${seed} ${nameOf(element)}`)
      .digest("hex");
  const inOrder = all.toSorted((one, other) => (rank(one) < rank(other) ? -1 : 1));
  return inOrder.slice(0, Math.ceil(all.length / parts));
}
