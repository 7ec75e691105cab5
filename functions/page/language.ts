import de from "./languages/de.json" with { type: "json" };
import en from "./languages/en.json" with { type: "json" };

/** All texts of our pages in one language. A word in braces, such as `{bank}`, is a place that {@link fill} fills. */
export type Words = typeof en;

/** The languages that this project contains, by their tags (BCP 47). */
export const LANGUAGES: Languages = { en, de };

/** English is for everybody who wants none of the others. */
export interface Languages {
  readonly en: Words;
  readonly [tag: string]: Words;
}

/** What a page needs in order to speak to a person. */
export interface Language {
  tag: string;
  words: Words;
  /** The application that gets the data, as this language calls it. */
  app: string;
}

/** A longer header than any browser's. */
const MAX_HEADER = 1_000;

/**
 * Chooses a language by the header `Accept-Language`, as RFC 4647 describes it ("lookup"): the most wanted range first, and each
 * without its last parts too, so that `de-CH` finds `de`. English if there is none.
 */
export function chosenLanguage(acceptLanguage: string | undefined, tags: readonly string[]): string {
  for (const range of wantedRanges(acceptLanguage ?? "")) {
    for (let wanted = range; wanted !== ""; wanted = withoutLastPart(wanted)) {
      const found = tags.find((tag) => tag.toLowerCase() === wanted);
      if (found !== undefined) return found;
    }
    if (range === "*") break;
  }
  return "en";
}

/** Returns the ranges of the header, the most wanted first. A weight of 0 means that the person does not want the range. */
function wantedRanges(header: string): string[] {
  if (header.length > MAX_HEADER) return [];
  return header
    .toLowerCase()
    .split(",")
    .map((part) => {
      const [range = "", weight = "q=1"] = part.split(";").map((piece) => piece.trim());
      return { range, weight: Number(/^q=([01](?:\.\d{0,3})?)$/.exec(weight)?.[1] ?? 0) };
    })
    .filter(({ range, weight }) => weight > 0 && /^(\*|[a-z\d]{1,8}(-[a-z\d]{1,8})*)$/.test(range))
    .toSorted((one, other) => other.weight - one.weight)
    .map(({ range }) => range);
}

/** A single letter or digit begins an extension, so that it goes with what follows it. */
function withoutLastPart(range: string): string {
  const parts = range.split("-").slice(0, -1);
  return (parts.at(-1)?.length === 1 ? parts.slice(0, -1) : parts).join("-");
}
