/** A section of the page of runbooks. */
export interface Runbook {
  /** The alarms that its heading names. */
  alarms: readonly string[];
  text: string;
  /** The commands of the shell blocks under "Look", a line each. */
  look: readonly string[];
  /** Those under "Do". */
  do: readonly string[];
}

const BLOCK = /```sh\n(.+?)```/gs;

/** The sections of a page of runbooks: one for each heading of the third level. */
export function sectionsOf(page: string): Runbook[] {
  return page
    .split(/^### /m)
    .slice(1)
    .map((section) => {
      const [heading = "", ...rest] = section.split(/^## /m)[0]?.split("\n") ?? [];
      const text = rest.join("\n");
      const [look = "", then = ""] = text.split(/^- \*\*Do\b/m);
      return { alarms: heading.split(", "), text, look: commandsIn(look), do: commandsIn(then) };
    });
}

/** The block of shell functions at the top of the page, which every command needs. */
export function shellFunctionsOf(page: string): string {
  const block = blocksIn(page)[0] ?? "";
  if (!/^lines\(\)/m.test(block)) throw new Error("The page does not begin with the shell functions.");
  return block;
}

/** The command in the text of a section that begins so, with real values in the place of its words in capitals. */
export function commandInText(
  { text }: Runbook,
  begins: string,
  values: Readonly<Record<string, string>> = {},
) {
  const found = [...text.replaceAll(BLOCK, "").matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
  const command = found.find((code) => code.startsWith(begins));
  if (command === undefined) throw new Error(`The section has no command ${begins}.`);
  return Object.entries(values).reduce((filled, [word, value]) => filled.replace(word, value), command);
}

function blocksIn(text: string): string[] {
  return [...text.matchAll(BLOCK)].map(([, block = ""]) => block);
}

function commandsIn(text: string): string[] {
  return blocksIn(text).flatMap((block) => block.trim().split("\n"));
}
