import { randomBytes } from "node:crypto";

/** A unique text. Where it is found, the secret that it stands for has leaked. */
export interface Canary {
  /** Such as `password of a queued job`. A report has the name, never the text. */
  readonly name: string;
  readonly text: string;
}

const RANDOM_BYTES = 18;

/** Characters that one of the written forms changes. */
const ANY_CHARACTERS = [`"`, "\\", "é", "%", "+", "/", "'", " ", "€", "<", "&", "=", "?", "😀"];
const PRINTABLE_CHARACTERS = [`"`, "\\", "%", "+", "/", "'", "<", "&", "=", "?"];

function random(): string {
  return randomBytes(RANDOM_BYTES).toString("base64url").replaceAll(/[-_]/g, "x");
}

/** Letters and digits only. */
export function plainCanary(name: string): Canary {
  return { name, text: random() };
}

/** A password or an answer: no written form leaves it as it is. */
export function textCanary(name: string): Canary {
  return { name, text: mixed(ANY_CHARACTERS) };
}

/** A header or an API key: printable ASCII without a space. */
export function headerCanary(name: string): Canary {
  return { name, text: mixed(PRINTABLE_CHARACTERS) };
}

/** Eight of the characters in random order, each after random letters. Both ends are plain, so that nothing trims them. */
function mixed(characters: readonly string[]): string {
  const order = characters.toSorted(() => Math.random() - 0.5);
  const parts = order.slice(0, 8).map((character) => `${random().slice(0, 4)}${character}`);
  return `${parts.join("")}${random().slice(0, 8)}`;
}
