import { orNull, textThat } from "./kinds.ts";

/*
 * Upstream's replies are read tolerantly: results as objects or one-element lists, links relative or absolute, `detail`
 * or `details`. Unknown fields are ignored; a field of a wrong type, or of a size that no bank has, is rubbish.
 */

const MAX_LENGTH = 2000;

export const shortText = textThat(({ length }) => length <= MAX_LENGTH);

export const someText = textThat(({ length }) => length > 0 && length <= MAX_LENGTH);

/** What upstream may leave out, or say to be `null`. */
export const text = orNull(shortText);
