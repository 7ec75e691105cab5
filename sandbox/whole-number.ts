import * as z from "zod/mini";

export const wholeNumber = z.number().check(z.refine(Number.isSafeInteger));

/** A whole number from `min` to `max`, both included. */
export function wholeNumberFrom(min: number, max = Number.MAX_SAFE_INTEGER) {
  return wholeNumber.check(z.refine((number) => number >= min && number <= max));
}
