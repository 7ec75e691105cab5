import { DARK, LIGHT } from "./style.ts";

/*
 * Contrast as the Web Content Accessibility Guidelines 2.2 define it, and the least that level AA wants.
 */

/** Of a button, a border or an outline with what is next to it (1.4.11). Text on a button needs 4.5 (1.4.3). */
const LEAST_CONTRAST = 3;

export const COLOUR = /^#[\da-f]{6}$/i;

/** Returns the contrast of two colours such as `#0a58a8`: from 1 to 21. */
export function contrast(one: string, other: string): number {
  const [lighter = 0, darker = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const share = Number.parseInt(colour.slice(start, start + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Returns white or black, whichever can be read better on a colour. The contrast is at least 4.58, for every colour. */
export function textOn(colour: string): string {
  return contrast(colour, "#ffffff") >= contrast(colour, "#000000") ? "#ffffff" : "#000000";
}

const SCHEMES = { light: LIGHT, dark: DARK } as const;

/** Returns why a colour cannot be seen well enough in a colour scheme, after its name; undefined if it can. */
export function contrastProblem(colour: string, scheme: "light" | "dark"): string | undefined {
  const { back, card } = SCHEMES[scheme];
  const [worst = back] = [back, card].toSorted(
    (one, other) => contrast(colour, one) - contrast(colour, other),
  );
  const found = contrast(colour, worst);
  if (found >= LEAST_CONTRAST) return undefined;
  // Rounded down: 2.999 is not enough, and must not be shown as 3.
  const shown = Math.floor(found * 100) / 100;
  return `${colour} has a contrast of ${shown}:1 with the ${scheme} background ${worst}, and needs ${LEAST_CONTRAST}:1`;
}
