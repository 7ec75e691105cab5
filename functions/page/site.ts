import { type Brand, languagesOf, styleOf } from "./brand.ts";
import { sourceOf } from "./inline.ts";
import { chosenLanguage, type Language } from "./language.ts";

/** What all pages of a deployment share. */
export interface Site {
  /** The origin of our API, such as `https://api.example.com`. */
  origin: string;
  /** The name of the application, for people. Without one, pages speak of the application that sent the link. */
  appName: string | undefined;
  brand: Brand;
  style: string;
  /** The style, as a policy names it. */
  styleSource: string;
}

export function siteOf({ origin, appName, brand }: Pick<Site, "origin" | "appName" | "brand">): Site {
  const style = styleOf(brand);
  return { origin, appName, brand, style, styleSource: sourceOf(style) };
}

/** Returns the language for a person whose browser sends this header. */
export function languageFor({ appName, brand }: Site, acceptLanguage: string | undefined): Language {
  const languages = languagesOf(brand);
  const tag = chosenLanguage(acceptLanguage, Object.keys(languages));
  const words = languages[tag] ?? languages.en;
  return { tag, words, app: appName ?? words.theApp };
}
