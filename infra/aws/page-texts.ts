import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The languages of this project. */
export const OWN_TEXTS = fileURLToPath(new URL("../../functions/page/languages", import.meta.url));

/** In characters. Longer texts would not leave room for the rest of a page. */
const MAX_TEXT = 500;

/** More problems of a file would not fit into a line. */
const MOST_PROBLEMS = 5;

const PLACE = /\{\w+\}/g;
/** The plurals of CLDR. Each language has some of them, and `other`. */
const PLURALS: readonly string[] = ["zero", "one", "two", "few", "many", "other"];

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
  const given = jsonIn(folder, name);
  const wrong = textProblems(given, jsonIn(OWN_TEXTS, "en.json"), own === undefined);
  const shown = wrong.slice(0, MOST_PROBLEMS);
  const more = wrong.length > shown.length ? ` and ${wrong.length - shown.length} more` : "";
  if (wrong.length > 0) throw new Error(`${name}: ${shown.join("; ")}${more}`);
  return merged(own, given);
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
 * Returns what is wrong with the texts of a language, with the name of each text. They need the names of English, and each text its
 * places, such as `{bank}`. A language that is not whole may leave texts out.
 */
export function textProblems(given: unknown, english: unknown, isWhole: boolean, at = "texts"): string[] {
  if (!isGroup(english)) return problemsOfText(given, String(english), at);
  if (!isGroup(given)) return [`${at} must be an object`];
  if (typeof english["other"] === "string") return problemsOfPlurals(given, english["other"], at);
  const names = isWhole ? Object.keys({ ...english, ...given }) : Object.keys(given);
  return names.flatMap((name) =>
    Object.hasOwn(english, name)
      ? textProblems(given[name], english[name], isWhole, `${at}.${name}`)
      : `${at}.${name} is unknown`,
  );
}

/** Only `other` needs a place for the number. */
function problemsOfPlurals(given: Record<string, unknown>, english: string, at: string): string[] {
  return Object.keys({ ...given, other: english }).flatMap((plural) =>
    PLURALS.includes(plural)
      ? problemsOfText(given[plural], plural === "other" ? english : undefined, `${at}.${plural}`)
      : `${at}.${plural} is unknown`,
  );
}

function problemsOfText(given: unknown, english: string | undefined, at: string): string[] {
  if (given === undefined) return [`${at} is missing`];
  if (typeof given !== "string" || given.trim() === "" || given.length > MAX_TEXT)
    return [`${at} must be a text of 1 to ${MAX_TEXT} characters`];
  if (english === undefined || placesOf(given) === placesOf(english)) return [];
  return [`${at} must have the places of “${english}”`];
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
