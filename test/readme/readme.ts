import { readFileSync } from "node:fs";

const README = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

/** The commands of a part of the README, by its `## ` heading: the lines of its shell blocks. */
export function commandsUnder(heading: string): string[] {
  const part = parts().find((text) => text.startsWith(`${heading}\n`));
  if (part === undefined) throw new Error(`The README has no part "${heading}".`);
  return commandsIn(part);
}

export function allCommands(): string[] {
  return parts().flatMap(commandsIn);
}

/** The blocks of code in a language. */
export function blocksIn(language: string): string[] {
  return [...README.matchAll(new RegExp(`\`\`\`${language}\\n(.+?)\`\`\``, "gs"))].map(
    ([, block = ""]) => block,
  );
}

/** The numbers before the words, in digits, wherever the text has them. */
export function numbersBefore(words: string): number[] {
  const phrase = words.replaceAll(" ", "\\s+");
  return [...README.matchAll(new RegExp(`\\b(\\d+)\\s+${phrase}\\b`, "g"))].map(([, digits]) =>
    Number(digits),
  );
}

function parts(): string[] {
  return README.split(/^## /m);
}

function commandsIn(text: string): string[] {
  return [...text.matchAll(/```sh\n(.+?)```/gs)].flatMap(([, block = ""]) => block.trim().split("\n"));
}
