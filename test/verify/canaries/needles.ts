import type { Canary } from "./canary.ts";
import { digestForms, writtenForms } from "./written-forms.ts";

/** Bytes that may stand nowhere. */
export interface Needle {
  readonly canary: Canary;
  /** Such as `base64 at 1` or `first half, raw`. */
  readonly form: string;
  readonly bytes: Buffer;
}

/** A shorter half could stand somewhere by chance. */
const MIN_HALF_CHARS = 10;

/**
 * All that may be found of a canary: the whole of it, and each half, since a line that was cut, a mask over the end of a
 * number or a block that ends within it leaves a part.
 */
export function needlesOf(canary: Canary): Needle[] {
  const { text } = canary;
  const named = (prefix: string, forms: ReturnType<typeof writtenForms>) =>
    forms.map(({ form, bytes }) => ({ canary, form: `${prefix}${form}`, bytes }));
  return [
    ...named("", writtenForms(text)),
    ...named("", digestForms(text)),
    ...halvesOf(text).flatMap(([name, half]) => named(`${name} half, `, writtenForms(half))),
  ];
}

function halvesOf(text: string): [name: string, half: string][] {
  // By characters: half of a pair of surrogates is none.
  const characters = [...text];
  const middle = Math.ceil(characters.length / 2);
  const halves: [string, string][] = [
    ["first", characters.slice(0, middle).join("")],
    ["last", characters.slice(middle).join("")],
  ];
  return halves.filter(([, half]) => half.length >= MIN_HALF_CHARS);
}
