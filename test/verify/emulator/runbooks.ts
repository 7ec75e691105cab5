/** A section of the page of runbooks. */
export interface Runbook {
  /** The alarms that its heading names. */
  alarms: readonly string[];
  text: string;
  /** Its shell blocks, in their order. */
  commands: readonly string[];
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
      return { alarms: heading.split(", "), text, commands: blocksOf(text) };
    });
}

function blocksOf(text: string): string[] {
  return [...text.matchAll(BLOCK)].map(([, block = ""]) => block);
}
