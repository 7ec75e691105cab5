import { randomBytes } from "node:crypto";

/** A text that stands nowhere by chance. Where it is found, what it stands for has leaked. */
export interface Canary {
  /** What it is, such as `password of a queued job`: this is what a report says, and never the text. */
  readonly name: string;
  readonly text: string;
}

const RANDOM_BYTES = 18;

/** What escaping changes, in every way of writing that the scanner knows. */
const ANY_CHARACTERS = [`"`, "\\", "é", "%", "+", "/", "'", " ", "€", "<", "&", "=", "?", "😀"];
const PRINTABLE_CHARACTERS = [`"`, "\\", "%", "+", "/", "'", "<", "&", "=", "?"];

function random(): string {
  return randomBytes(RANDOM_BYTES).toString("base64url").replaceAll(/[-_]/g, "x");
}

/** Of letters and digits only, where nothing else may stand. */
export function plainCanary(name: string): Canary {
  return { name, text: random() };
}

/** As a password or an answer may be: with characters that no way of writing leaves as they are. */
export function textCanary(name: string): Canary {
  return { name, text: mixed(ANY_CHARACTERS) };
}

/** As a header or an API key may be: printable ASCII without a space. */
export function headerCanary(name: string): Canary {
  return { name, text: mixed(PRINTABLE_CHARACTERS) };
}

/** The characters in an order of their own, each behind a few random ones; the ends stay plain, so that nothing trims them. */
function mixed(characters: readonly string[]): string {
  const order = characters.toSorted(() => Math.random() - 0.5);
  const parts = order.slice(0, 8).map((character) => `${random().slice(0, 4)}${character}`);
  return `${parts.join("")}${random().slice(0, 8)}`;
}
