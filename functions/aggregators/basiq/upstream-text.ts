import { orNull, textThat } from "../../jobs/domain/kinds.ts";

/*
 * Upstream's replies are read tolerantly: results as objects or one-element lists, links relative or absolute, `detail`
 * or `details`. Unknown fields are ignored; a field of a wrong type, of a size that no bank has, or with half a character in it, is rubbish.
 */

const MAX_LENGTH = 2000;

export const isShort = (given: string) => given.length <= MAX_LENGTH && given.isWellFormed();

export const shortText = textThat(isShort);

/** RFC 3339, with fractions or without. */
const TIME = /^\d{4}-\d\d-\d\d[T ][\d:.]{5,20}(Z|[+-]\d\d:\d\d)$/;

/** A moment as upstream wrote it, and nothing where it wrote none: this is compared, and kept in the clear. */
export function timeIn(given: unknown): string {
  return typeof given === "string" && TIME.test(given) ? given : "";
}

/** What upstream may leave out, or say to be `null`. */
export const text = orNull(shortText);
