import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Edit, Mutant } from "./mutant.ts";

/**
 * Reads a table of mutants. The sign at the start of a line says what the line has:
 *
 *     @ the file that the next mutants edit
 *     name: what the mutant removes
 *     - a line of the text that the mutant replaces
 *     + a line of the new text
 *     & the file of a further edit of the same mutant
 *     ! a test that has to fail
 *     ? how the failure begins, if it is no assertion
 */
function parseMutants(table: string): Mutant[] {
  return table.split(/^@ /m).flatMap((part) => {
    const [file = "", ...lines] = part.split("\n");
    const starts = lines.flatMap((line, index) => (NAMED.test(line) ? [index] : []));
    return starts.map((start, nth) => mutantOf(file, lines.slice(start, starts[nth + 1])));
  });
}

const NAMED = /^([a-z][\w-]*): (.+)$/;

function mutantOf(file: string, [head = "", ...lines]: readonly string[]): Mutant {
  const [, name = "", removes = ""] = NAMED.exec(head) ?? [];
  const unknown = lines.find((line) => !/^([-+&!?] .*|[-+]|)$/.test(line));
  if (unknown !== undefined) throw new Error(`The mutant ${name} has a line without a sign: ${unknown}`);
  const edits = lines
    .join("\n")
    .split(/^& /m)
    .map((text, nth): Edit => {
      const own = text.split("\n");
      return {
        file: nth === 0 ? file : (own[0] ?? ""),
        from: withSign(own, "-").join("\n"),
        to: withSign(own, "+").join("\n"),
      };
    });
  const [first, ...also] = edits;
  const [catcher, ...others] = withSign(lines, "!");
  const [failsBy] = withSign(lines, "?");
  if (first === undefined || catcher === undefined) throw new Error(`No test catches the mutant ${name}.`);
  return {
    name,
    removes,
    ...first,
    ...(also.length > 0 && { also }),
    caughtBy: [catcher, ...others],
    ...(failsBy !== undefined && { failsBy }),
  };
}

function withSign(lines: readonly string[], sign: string): string[] {
  return lines.filter((line) => line.startsWith(sign)).map((line) => line.slice(2));
}

export const MUTANTS: readonly Mutant[] = parseMutants(
  readFileSync(join(import.meta.dirname, "mutants.txt"), "utf8"),
);
