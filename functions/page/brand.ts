import * as z from "zod/mini";
import { textOn } from "./contrast.ts";
import { LANGUAGES, type Languages, type Words } from "./language.ts";
import { DARK, LIGHT, styleWith } from "./style.ts";

/** What a deployment changes on our pages. A synthesis has checked it, and writes it as JSON. */
const brandSchema = z.object({
  /** A `data:` address of an SVG or PNG image. */
  logo: z.optional(z.string()),
  /** Such as `#0a58a8`, for each colour scheme of the browser. */
  colours: z.optional(z.object({ light: z.string(), dark: z.string() })),
  /** An email address, a telephone number, or an `https` address. */
  support: z.optional(z.string()),
  privacyUrl: z.optional(z.string()),
  termsUrl: z.optional(z.string()),
  /** All words of each language in which a deployment changes or adds some. */
  languages: z.optional(
    z.record(
      z.string(),
      z.custom<Words>((words) => typeof words === "object"),
    ),
  ),
});

export type Brand = z.infer<typeof brandSchema>;

/** Reads what a synthesis has written; undefined if the deployment changes nothing. */
export function parseBrand(text: string | undefined): Brand {
  return text === undefined ? {} : z.parse(brandSchema, JSON.parse(text));
}

export function languagesOf({ languages }: Brand): Languages {
  return { ...LANGUAGES, ...languages };
}

/**
 * Returns the style of the pages. A brand's colour fills buttons. Text on the page has the colour of text instead, because text needs
 * more contrast than a button.
 */
export function styleOf({ colours }: Brand): string {
  if (colours === undefined) return styleWith(LIGHT, DARK);
  const { light, dark } = colours;
  return styleWith(
    { ...LIGHT, accent: light, onAccent: textOn(light), link: LIGHT.text, tint: "#e6e9ed" },
    { ...DARK, accent: dark, onAccent: textOn(dark), link: DARK.text, tint: "#2b3642" },
  );
}

/** Returns the address that reaches the support. */
export function supportAddress(support: string): string {
  if (support.startsWith("https:")) return support;
  return support.includes("@") ? `mailto:${support}` : `tel:${support.replaceAll(/[^+\d]/g, "")}`;
}
