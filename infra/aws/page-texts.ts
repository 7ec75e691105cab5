import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod/mini";

/** The languages of this project. */
export const OWN_TEXTS = fileURLToPath(new URL("../../functions/page/languages", import.meta.url));

/** In characters. Longer texts would not leave room for the rest of a page. */
const MAX_TEXT = 500;

const PLACE = /\{\w+\}/g;
/** The plurals of CLDR. Each language has some of them, and `other`. */
const PLURALS = ["zero", "one", "two", "few", "many"] as const;

/**
 * Returns all texts of each language of a folder, by the names of its files. A language that this project has too may leave texts out.
 * Throws an `Error` that names the file and the text that is wrong.
 */
export function readTexts(folder: string): { [tag: string]: unknown } {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new Error("must be the path of a folder");
  const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  if (names.length === 0) throw new Error("must have a JSON file for each language, such as de.json");
  return Object.fromEntries(names.map((name) => [basename(name, ".json"), readLanguage(folder, name)]));
}

function readLanguage(folder: string, name: string): unknown {
  if (!isTag(basename(name, ".json")))
    throw new Error(`${name}: is not named by a language, such as pt-BR.json`);
  const own = readdirSync(OWN_TEXTS).includes(name) ? jsonIn(OWN_TEXTS, name) : undefined;
  const schema = textsSchema(jsonIn(OWN_TEXTS, "en.json"), own === undefined);
  const parsed = schema.safeParse(jsonIn(folder, name), { error: z.locales.en().localeError });
  if (parsed.success) return merged(own, parsed.data);
  const wrong = parsed.error.issues.map(({ path, message }) => [...path, message].join(": "));
  throw new Error(`${name}: ${wrong.join("; ")}`);
}

/** The tag of a language as browsers name it: two or three letters first, and each part in its usual case. */
function isTag(tag: string): boolean {
  try {
    return /^[a-z]{2,3}(-|$)/.test(tag) && Intl.getCanonicalLocales(tag)[0] === tag;
  } catch {
    return false;
  }
}

function jsonIn(folder: string, name: string): unknown {
  try {
    return JSON.parse(readFileSync(join(folder, name), "utf8"));
  } catch {
    throw new Error(`${name}: is no JSON`);
  }
}

/**
 * Returns the schema of the texts of a language: those of English, each with the same places, such as `{bank}`. If a language is not
 * whole, it may leave texts out.
 */
export function textsSchema(english: unknown, isWhole: boolean): z.ZodMiniType {
  if (!isGroup(english)) return textSchema(String(english));
  if (typeof english["other"] === "string") return pluralsSchema(english["other"]);
  const texts = Object.entries(english).map(([name, text]) => {
    const schema = textsSchema(text, isWhole);
    return [name, isWhole ? schema : z.optional(schema)] as const;
  });
  return z.strictObject(Object.fromEntries(texts));
}

/** Only `other` needs a place for the number. */
function pluralsSchema(english: string): z.ZodMiniType {
  const others = PLURALS.map((plural) => [plural, z.optional(textSchema())] as const);
  return z.strictObject({ ...Object.fromEntries(others), other: textSchema(english) });
}

function textSchema(english?: string): z.ZodMiniType {
  const text = z.string().check(z.minLength(1), z.maxLength(MAX_TEXT));
  if (english === undefined) return text;
  const places = placesOf(english);
  const error = places === "" ? "must have no places in braces" : `must have the places ${places}`;
  return text.check(z.refine((given) => placesOf(given) === places, { error }));
}

function placesOf(text: string): string {
  return [...new Set(text.match(PLACE))].toSorted().join(" ");
}

function merged(base: unknown, given: unknown): unknown {
  if (!isGroup(base) || !isGroup(given)) return given ?? base;
  const names = Object.keys({ ...base, ...given });
  return Object.fromEntries(names.map((name) => [name, merged(base[name], given[name])]));
}

function isGroup(texts: unknown): texts is Record<string, unknown> {
  return typeof texts === "object" && texts !== null;
}
