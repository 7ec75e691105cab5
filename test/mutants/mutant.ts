import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

export const PROJECT_ROOT = join(import.meta.dirname, "..", "..");

/** What is to fail when the safeguard is gone. */
export interface Catcher {
  /** `tsc` for a test that is a type error. */
  program: "vitest" | "tsc";
  /** From the project's root. */
  file: string;
  /** Of the one test that is to fail, or a part of it. */
  title: string | undefined;
}

/** The product without one of its safeguards. */
export interface Mutant {
  name: string;
  patchFile: string;
  /** What the patch takes away, in words. */
  removes: string;
  /** Each of them has to notice. */
  catchers: Catcher[];
  /** How the failure begins where it is no assertion: what the test asks with throws on purpose. */
  failsBy?: string;
  /** The files that the patch changes. */
  changes: string[];
}

/** All of the list, by name. */
export function readMutants(): Mutant[] {
  const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".patch"));
  return files.toSorted().map((file) => {
    const patchFile = join(import.meta.dirname, file);
    return { ...parsePatch(basename(file, ".patch"), readFileSync(patchFile, "utf8")), patchFile };
  });
}

/** Those of the names, or all where there are none. Throws an `Error` of one line for a name that no mutant has. */
export function chosen(mutants: Mutant[], names: readonly string[]): Mutant[] {
  const unknown = names.filter((wanted) => !mutants.some(({ name }) => name === wanted));
  if (unknown.length > 0) throw new Error(`There is no mutant ${unknown.join(", nor ")}.`);
  return names.length === 0 ? mutants : mutants.filter(({ name }) => names.includes(name));
}

/** Throws an `Error` of one line for what is no patch of the list: lines of words, then a unified diff of the product. */
export function parsePatch(name: string, text: string): Omit<Mutant, "patchFile"> {
  const changes = [...text.matchAll(/^\+\+\+ b\/(.+)$/gm)].map(([, file = ""]) => file);
  const header = text.slice(0, text.search(/^--- a\//m));
  const removes = /^Removes: (.+)$/m.exec(header)?.[1];
  const catchers = [...header.matchAll(/^Caught by: (.+)$/gm)].map(([, words = ""]) => catcherIn(words));
  const failsBy = /^Fails by: (.+)$/m.exec(header)?.[1];
  if (changes.length === 0) throw new Error(`${name} changes nothing.`);
  if (changes.some((file) => !/^(functions|infra|sandbox)\//.test(file))) {
    throw new Error(`${name} changes more than the product.`);
  }
  if (removes === undefined) throw new Error(`${name} does not say what it removes.`);
  if (catchers.length === 0) throw new Error(`${name} does not say what it is caught by.`);
  return { name, removes, catchers, ...(failsBy !== undefined && { failsBy }), changes };
}

/** `test/a.test.ts`, `test/a.test.ts > the title of a test`, or `tsc test/a.test.ts`. */
function catcherIn(words: string): Catcher {
  const [, place = "", title] = /^(.+?)(?: > (.+))?$/.exec(words) ?? [];
  const [file = "", tsc] = place.split(" ").toReversed();
  return { program: tsc === "tsc" ? "tsc" : "vitest", file, title };
}

export function captionOf({ program, file, title }: Catcher): string {
  return `${program === "tsc" ? "tsc, " : ""}${file}${title === undefined ? "" : ` > ${title}`}`;
}
